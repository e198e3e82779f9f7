// The ways to attach the layer to a whole app, each through its own tool, in the copy of validate-templates.mjs.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { build } from 'esbuild';
import {
  checkTerraformIn,
  failed,
  findCfnLint,
  isInPath,
  loadValidator,
  packageService,
  passed,
  run,
  skipped,
} from './template-tools.mjs';

const PREFIX = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_';
const ENDPOINT = `${PREFIX}ENDPOINT`;
const HEADERS = `${PREFIX}HEADERS`;

/** SAM's Globals, the variant with OpenTelemetry's instrumentation layers, and plain CloudFormation. */
export async function checkAttachedTemplates(copy) {
  const command = await findCfnLint();
  if (command === undefined) return skipped('neither cfn-lint nor python3 to install it with');
  const files = [
    'sam/template.yaml',
    'sam/with-instrumentation.yaml',
    'cloudformation/template.yaml',
  ];
  for (const file of files) {
    const linted = await run(command, ['--template', join(copy, 'attach', file)]);
    if (!linted.ok) return failed(`${file}: ${linted.output}`);
  }
  return passed(`cfn-lint, ${files.length} templates`);
}

export async function checkTerraformModule(copy) {
  const { parse } = await loadValidator('@cdktf/hcl2json');
  const folder = join(copy, 'attach/terraform');
  const read = async (name) => parse(name, readFileSync(join(folder, name), 'utf8'));
  const [choice, main, variables, outputs, example] = [
    await read('choice.tf'),
    await read('main.tf'),
    await read('variables.tf'),
    await read('outputs.tf'),
    await read('examples/app.tf'),
  ];
  if (main.resource?.aws_lambda_function?.this?.[0]?.for_each === undefined)
    return failed('main.tf: expected aws_lambda_function.this with for_each');
  const used = new Set(
    [...JSON.stringify([choice, main, outputs]).matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name),
  );
  const known = Object.keys(variables.variable);
  const unknown = [...used].filter((name) => !known.includes(name));
  const unused = known.filter((name) => !used.has(name));
  const given = Object.keys(example.module.otlp[0]).filter((name) => name !== 'source');
  const misspelt = given.filter((name) => !known.includes(name));
  const taken = [...JSON.stringify(example).matchAll(/\bmodule\.otlp\.(\w+)/g)].map(([, it]) => it);
  const missing = taken.filter((name) => outputs.output[name] === undefined);
  const problems = { unknown, unused, misspelt, missing };
  const named = Object.entries(problems).filter(([, names]) => names.length > 0);
  if (named.length > 0) return failed(`variables and outputs: ${JSON.stringify(named)}`);
  const checked = await checkTerraformIn(folder, 'examples');
  return checked.status === 'skipped' ? passed(`parsed as HCL; ${checked.detail}`) : checked;
}

/**
 * What decides, evaluated by Terraform without its provider for AWS: the layers, who takes none, the variables. One
 * function has a layer whose ARN is not known before it is made: the layers must be, `for_each` of them fails else.
 */
export async function checkTerraformChoice(copy) {
  if (!(await isInPath('terraform', ['version']))) return skipped('no terraform in PATH');
  const cwd = join(copy, 'attach/terraform-choice');
  mkdirSync(join(cwd, 'choice'), { recursive: true });
  for (const file of ['choice.tf', 'variables.tf'])
    cpSync(join(copy, 'attach/terraform', file), join(cwd, 'choice', file));
  const node = { role: 'r', runtime: 'nodejs22.x', handler: 'a.b' };
  const ours = 'arn:aws:lambda:eu-west-1:123456789012:layer:lambda-otlp-node:7';
  const theirs = '${terraform_data.theirs.id}';
  const withOwn = (...names) => ({
    ...node,
    environment: Object.fromEntries(names.map((name) => [`${PREFIX}${name}`, 'x'])),
  });
  const given = {
    endpoint: 'https://otlp.example.com',
    headers: { 'x-team': 'a b,c+d%' },
    secret_headers: [{ header: 'Authorization', secret_arn: 'arn:s', prefix: 'Bearer; ' }],
    runtimes: { legacy: 'java21', armed: 'provided.al2023/arm64', web: 'image' },
    functions: {
      node,
      stock: { ...node, runtime: 'python3.13', architecture: 'arm64' },
      image: { role: 'r', package_type: 'Image', image_uri: 'x' },
      edge: { ...node, edge: true },
      full: { ...node, layers: ['a', 'b', 'c', 'd', 'e'] },
      byHand: { ...node, layers: ['a', theirs, 'c', 'd', ours] },
      new: { ...node, layers: [theirs] },
      tagged: { ...node, tags: { 'lambda-otlp': 'OFF' } },
      silent: { ...node, attach: false },
      own: withOwn('ENDPOINT'),
      ofTraces: withOwn('TRACES_ENDPOINT'),
      ofTracesAndLogs: withOwn('TRACES_ENDPOINT', 'LOGS_ENDPOINT', 'METRICS_HEADERS'),
      ofLogs: withOwn('LOGS_ENDPOINT', 'HEADERS'),
    },
  };
  const value =
    '{ needed = local.needed, has_own = local.has_own, not_attached = keys(local.not_attached), headers = local.headers, variables = local.environments }';
  writeFileSync(join(cwd, 'choice/seen.tf'), `output "seen" {\n  value = ${value}\n}\n`);
  const root = {
    resource: {
      terraform_data: { theirs: {}, made: { for_each: '${module.choice.seen.needed}' } },
    },
    module: { choice: { source: './choice', ...given } },
    output: { seen: { value: '${module.choice.seen}' } },
  };
  writeFileSync(join(cwd, 'main.tf.json'), JSON.stringify(root));
  await run('terraform', ['init', '-input=false'], { cwd });
  const applied = await run('terraform', ['apply', '-auto-approve', '-no-color'], { cwd });
  if (!applied.ok) return failed(applied.output);
  const state = JSON.parse(readFileSync(join(cwd, 'terraform.tfstate'), 'utf8'));
  const { headers, needed, has_own, not_attached, variables } = state.outputs.seen.value;
  const toShort = (name, it) =>
    `${name.replace(PREFIX, '')}=${it === headers ? 'ours' : it === given.endpoint ? 'here' : it}`;
  const seen = {
    headers,
    needed,
    not_attached,
    has_own: Object.keys(has_own).filter((name) => has_own[name]),
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, its]) => [
        name,
        Object.entries(its)
          .map(([key, it]) => toShort(key, it))
          .sort()
          .join(' '),
      ]),
    ),
  };
  const all = 'ENDPOINT=here HEADERS=ours';
  const expected = {
    headers: 'x-team=a%20b%2Cc%2Bd%25,Authorization=Bearer%3B%20${secretsmanager:arn:s}',
    needed: ['arm64', 'node', 'x86_64'],
    not_attached: ['edge', 'full', 'image', 'web'],
    has_own: ['byHand'],
    variables: {
      ...{ edge: '', full: '', image: '', silent: '', tagged: '' },
      ...{ node: all, stock: all, byHand: all, new: all },
      own: 'ENDPOINT=x',
      ofTraces: 'ENDPOINT=here LOGS_HEADERS=ours METRICS_HEADERS=ours TRACES_ENDPOINT=x',
      ofTracesAndLogs: 'ENDPOINT=here LOGS_ENDPOINT=x METRICS_HEADERS=x TRACES_ENDPOINT=x',
      ofLogs: 'ENDPOINT=here HEADERS=x LOGS_ENDPOINT=x',
    },
  };
  if (!isDeepStrictEqual(seen, expected))
    return failed(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(seen)}`);
  return /not attached to image: a container image/.test(applied.output)
    ? passed('terraform apply of what decides, the warning as expected')
    : failed(`expected a warning of the image, got ${applied.output}`);
}

/** The plugin's service through osls; the template must have layer and variables on exactly the right functions. */
export async function checkServerlessPlugin(copy) {
  const cwd = join(copy, 'attach/serverless');
  // File by file, as in the package: the zips are found from where a file is.
  const sources = ['environment', 'layer-choice', 'layer-zip'].map((it) => `cdk/${it}.ts`);
  const common = {
    absWorkingDir: copy,
    outdir: copy,
    outbase: copy,
    format: 'cjs',
    logLevel: 'error',
  };
  const footer = { js: 'module.exports = module.exports.default;' };
  await build({ ...common, entryPoints: sources });
  await build({ ...common, entryPoints: ['attach/serverless/plugin.ts'], footer });
  const { ok, output, template } = await packageService(cwd, {
    LAMBDA_OTLP_PLUGIN: './plugin.js',
  });
  if (!ok) return failed(output);
  const problems = judge(JSON.parse(readFileSync(template, 'utf8')), output);
  return problems.length === 0
    ? passed('osls package, template as expected')
    : failed(problems.join('; '));
}

function judge({ Resources }, output) {
  const of = (name) => Resources[`${name}LambdaFunction`]?.Properties ?? {};
  const seen = (name) => [
    JSON.stringify(of(name).Layers ?? []),
    of(name).Environment?.Variables?.[ENDPOINT],
    of(name).Environment?.Variables?.[HEADERS],
  ];
  const theirs = 'arn:aws:lambda:us-east-1:184161586896:layer:opentelemetry-nodejs-0_15_0:1';
  const node = { Ref: 'LambdaOtlpNodeLambdaLayer' };
  const ours = 'https://otlp.example.com';
  const headers =
    'api-key=${secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:otlp-AbCdEf#apiKey}';
  const expected = {
    Orders: [JSON.stringify([node]), ours, headers],
    Stock: [JSON.stringify([{ Ref: 'LambdaOtlpArm64LambdaLayer' }]), ours, headers],
    Instrumented: [JSON.stringify([theirs, node]), ours, headers],
    Own: [JSON.stringify([node]), 'https://other.example.com', undefined],
    Silent: ['[]', undefined, undefined],
    Image: ['[]', undefined, undefined],
  };
  const wrong = Object.entries(expected)
    .filter(([name, it]) => JSON.stringify(seen(name)) !== JSON.stringify(it))
    .map(
      ([name, it]) => `${name}: expected ${JSON.stringify(it)}, got ${JSON.stringify(seen(name))}`,
    );
  const [policy] = Resources.IamRoleLambdaExecution?.Properties.Policies ?? [];
  const isAllowed = JSON.stringify(policy ?? {}).includes('secretsmanager:GetSecretValue');
  return [
    ...wrong,
    ...(isAllowed ? [] : ['the role may not read the secret']),
    ...(/not attached to image/.test(output)
      ? []
      : [`expected a warning of the image, got ${output}`]),
  ];
}

// `npm run validate:templates`: every deployment template through its own tool, in a copy outside the
// checkout. What cannot run here is skipped and said; only a failed check makes the run fail.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  checkTerraformIn,
  failed,
  findCfnLint,
  installTemplatePackages,
  isInPath,
  loadValidator,
  outcomeOf,
  packageService,
  passed,
  run,
  skipped,
} from './template-tools.mjs';
import {
  checkAttachedTemplates,
  checkServerlessPlugin,
  checkTerraformChoice,
  checkTerraformModule,
} from './validate-attachments.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const zips = ['lambda-otlp-node.zip', 'lambda-otlp-x86_64.zip', 'lambda-otlp-arm64.zip'];
const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);
const context = 'otlpEndpoint=https://otlp.example.com';
/** The templates are checked with it: without it they have less. */
const instrumentationArn = 'arn:aws:lambda:us-east-1:123456789012:layer:instrumentation:1';

/** A copy of the templates with the built zips, or empty ones, where the templates expect them. */
function copyTemplates() {
  const copy = mkdtempSync(join(tmpdir(), 'lambda-otlp-templates-'));
  cpSync(join(root, 'layer/templates'), join(copy, 'layer/templates'), {
    recursive: true,
    filter: (path) => !['node_modules', 'cdk.out', '.serverless'].includes(basename(path)),
  });
  for (const folder of ['attach', 'cdk'])
    cpSync(join(root, folder), join(copy, folder), { recursive: true });
  // CDK bundles the TypeScript function with the esbuild of the checkout.
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  mkdirSync(join(copy, 'build'));
  for (const zip of zips) {
    const built = join(root, 'build', zip);
    if (existsSync(built)) cpSync(built, join(copy, 'build', zip));
    else writeFileSync(join(copy, 'build', zip), emptyZip);
  }
  return copy;
}

/** Statements of `template` that allow something on every resource. */
function unboundedStatements(template) {
  const resources = Object.values(template.Resources ?? {});
  const policies = resources.flatMap(({ Type, Properties = {} }) =>
    Type === 'AWS::IAM::Role'
      ? (Properties.Policies ?? []).map((policy) => policy.PolicyDocument)
      : Type === 'AWS::IAM::Policy'
        ? [Properties.PolicyDocument]
        : [],
  );
  const statements = policies.flatMap((policy) => policy.Statement);
  return statements.filter(({ Action, Resource }) => [Action, Resource].flat().includes('*'));
}

async function checkCloudFormation(file) {
  const unbounded = unboundedStatements(JSON.parse(readFileSync(file, 'utf8')));
  if (unbounded.length > 0)
    return failed(`expected least privilege, got ${JSON.stringify(unbounded)}`);
  const command = await findCfnLint();
  if (command === undefined)
    return skipped('the generated template is not linted: no cfn-lint, no python3');
  // Warnings are about what the frameworks add; errors are ours.
  return outcomeOf(
    await run(command, ['--ignore-checks', 'W', '--template', file]),
    'generated template linted',
  );
}

async function checkSam(templates) {
  const command = await findCfnLint();
  if (command === undefined) return skipped('neither cfn-lint nor python3 to install it with');
  return outcomeOf(
    await run(command, ['--template', join(templates, 'sam/template.yaml')]),
    'cfn-lint',
  );
}

async function checkCdk(templates) {
  const cwd = join(templates, 'cdk');
  const modules = await installTemplatePackages(join(cwd, 'package.json'));
  symlinkSync(modules, join(cwd, 'node_modules'));
  const bin = (name) => join(modules, '.bin', name);
  const types = await run(bin('tsc'), ['-p', '.'], { cwd });
  if (!types.ok) return failed(types.output);
  const env = { ...process.env, PATH: `${join(modules, '.bin')}:${process.env.PATH}` };
  const synth = await run(
    bin('cdk'),
    [
      'synth',
      '--quiet',
      '--no-notices',
      '--no-version-reporting',
      '-c',
      context,
      '-c',
      `instrumentationArn=${instrumentationArn}`,
    ],
    { cwd, env },
  );
  if (!synth.ok) return failed(synth.output);
  return checkCloudFormation(join(cwd, 'cdk.out/LambdaOtlpSample.template.json'));
}

async function checkTerraformSyntax(templates) {
  const { parse } = await loadValidator('@cdktf/hcl2json');
  const file = join(templates, 'terraform/main.tf');
  const parsed = await parse(file, readFileSync(file, 'utf8'));
  const wanted = ['aws_lambda_layer_version', 'aws_lambda_function', 'aws_iam_role_policy'];
  const missing = wanted.filter((type) => parsed.resource?.[type] === undefined);
  return missing.length === 0
    ? passed('parsed as HCL')
    : failed(`no resource ${missing.join(', ')}`);
}

async function checkServerless(templates) {
  const { ok, output, template } = await packageService(join(templates, 'serverless'), {
    OTLP_ENDPOINT: 'https://otlp.example.com',
    INSTRUMENTATION_ARN: instrumentationArn,
  });
  return ok ? checkCloudFormation(template) : failed(output);
}

async function checkContainer(templates) {
  const { validate } = await loadValidator('dockerfile-utils');
  const problems = validate(readFileSync(join(templates, 'container/Dockerfile'), 'utf8'));
  if (problems.length === 0) return passed('dockerfile-utils; the image was not built');
  return failed(
    problems.map(({ range, message }) => `${range.start.line + 1}: ${message}`).join('\n'),
  );
}

async function checkPythonFunction(templates) {
  if (!(await isInPath('python3'))) return skipped('no python3 in PATH');
  return outcomeOf(
    await run('python3', ['-m', 'py_compile', join(templates, 'functions/python/handler.py')]),
    'compiled',
  );
}

async function checkGoFunction(templates) {
  if (!(await isInPath('go', ['version']))) return skipped('no go in PATH');
  return outcomeOf(
    await run('go', ['vet', '.'], { cwd: join(templates, 'functions/go') }),
    'go vet',
  );
}

const checks = [
  ['SAM', checkSam],
  ['CDK', checkCdk],
  ['Terraform syntax', checkTerraformSyntax],
  ['Terraform', (templates) => checkTerraformIn(join(templates, 'terraform'))],
  ['Serverless Framework', checkServerless],
  ['container image', checkContainer],
  ['Python function', checkPythonFunction],
  ['Go function', checkGoFunction],
  ['attached: SAM and CloudFormation', () => checkAttachedTemplates(copy)],
  ['attached: Terraform module', () => checkTerraformModule(copy)],
  ['attached: Terraform choice', () => checkTerraformChoice(copy)],
  ['attached: Serverless plugin', () => checkServerlessPlugin(copy)],
];

async function attempt(check, templates) {
  try {
    return await check(templates);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** `npm run validate:templates -- attached` runs those whose name has the word. */
const wanted = process.argv[2] ?? '';
const copy = copyTemplates();
const counts = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const [name, check] of checks.filter(([name]) => name.includes(wanted))) {
    const { status, detail } = await attempt(check, join(copy, 'layer/templates'));
    counts[status] += 1;
    console.log(`${status.toUpperCase().padEnd(8)} ${name}: ${detail}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

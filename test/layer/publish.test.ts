// Publishing: validated arguments, the exact `aws` calls, and a run against a stand-in for the CLI.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { planPublications, readPublishOptions, toShellLine } from '../../layer/publish-plan';

const root = resolve(__dirname, '../..');

test.each([
  ['no region', [], '--region: expected at least one'],
  ['a region that is none', ['--region', 'frankfurt'], "got 'frankfurt'"],
  ['a region with a shell command', ['--region', 'eu-west-1;ls'], 'expected an AWS region'],
  ['an unknown layer', ['--region', 'eu-west-1', '--layer', 'mips'], "got 'mips'"],
  ['a bad prefix', ['--region', 'eu-west-1', '--name-prefix', 'a b'], '--name-prefix'],
  ['an unknown option', ['--region', 'eu-west-1', '--force'], '--force'],
])('%s is refused', (_title, args, message) => {
  expect(() => readPublishOptions(args)).toThrow(message);
});

test('nothing is executed unless asked, and repeated regions count once', () => {
  const args = ['--region', 'us-gov-west-1', '--region', 'eu-west-1', '--region', 'eu-west-1'];
  const options = readPublishOptions(args);
  expect(options.execute).toBe(false);
  expect(options.regions).toEqual(['us-gov-west-1', 'eu-west-1']);
});

test('each region gets each layer, within the limits of PublishLayerVersion', () => {
  const options = readPublishOptions([
    ...['--region', 'eu-west-1', '--region', 'us-east-1'],
    ...['--layer', 'node', '--layer', 'x86_64', '--layer', 'arm64'],
  ]);
  const publications = planPublications(options, '1.2.3');
  expect(publications.map(({ region, layerName }) => `${region} ${layerName}`)).toEqual([
    ...[
      'eu-west-1 lambda-otlp-node',
      'eu-west-1 lambda-otlp-x86_64',
      'eu-west-1 lambda-otlp-arm64',
    ],
    ...[
      'us-east-1 lambda-otlp-node',
      'us-east-1 lambda-otlp-x86_64',
      'us-east-1 lambda-otlp-arm64',
    ],
  ]);
  for (const { publish, permit } of publications) {
    const runtimes = publish.slice(
      publish.indexOf('--compatible-runtimes') + 1,
      publish.indexOf('--compatible-architectures'),
    );
    expect(runtimes.length).toBeLessThanOrEqual(15);
    expect(publish[publish.indexOf('--description') + 1]?.length).toBeLessThanOrEqual(256);
    expect(permit).toBeUndefined();
  }
});

test('a shell line reads back as its arguments', () => {
  const args = ['a b', '*', "it's", '', '$HOME', 'plain-1.0'];
  const line = `printf '%s\\n' ${toShellLine(args)}`;
  expect(spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stdout).toBe(`${args.join('\n')}\n`);
});

describe('the command', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'publish-test-'));
    const aws = join(folder, 'aws');
    // As the CLI answers a query of one value: $4 is the region, $6 the layer's name.
    const answer = `case "$*" in
*publish*LayerVersionArn*) echo "arn:aws:lambda:$4:123456789012:layer:$6:7" ;;
*publish*Version*) echo 7 ;;
esac`;
    writeFileSync(aws, `#!/bin/sh\necho "$*" >>"${folder}/calls"\n${answer}\n`);
    chmodSync(aws, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const publish = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ['-r', 'esbuild-register', 'layer/publish.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` },
    });

  test('a dry run prints every command and calls nothing', () => {
    const { status, stdout } = publish('--region', 'eu-west-1', '--public');
    expect(status).toBe(0);
    expect(stdout).toContain('aws lambda publish-layer-version --region eu-west-1');
    expect(stdout).toContain("--principal '*'");
    expect(stdout).toContain('Dry run');
    expect(existsSync(join(folder, 'calls'))).toBe(false);
  });

  test.each([[['--region', 'nowhere']], [['--force']], [[]]])('%j is wrong use', (args) => {
    const { status, stdout, stderr } = publish(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('usage: npm run publish:layer -- --region REGION');
  });

  const executeArgs = ['--region', 'eu-west-1', '--public', '--execute'];

  test('--execute publishes and opens the version that was made', () => {
    writeFileSync(join(folder, 'lambda-otlp-node.zip'), 'zip');
    const { status, stdout } = publish(...executeArgs, '--from', folder);
    expect(status).toBe(0);
    expect(stdout).toBe('arn:aws:lambda:eu-west-1:123456789012:layer:lambda-otlp-node:7\n');
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
    expect(calls).toHaveLength(2);
    expect(calls[1]).toContain('--version-number 7');
  });

  test('--execute prints the ARN of each layer in each region on a line of its own', () => {
    for (const layer of ['node', 'arm64'])
      writeFileSync(join(folder, `lambda-otlp-${layer}.zip`), 'zip');
    const layers = ['--layer', 'node', '--layer', 'arm64'];
    const { stdout } = publish(...executeArgs, '-r', 'us-east-1', ...layers, '--from', folder);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'arn:aws:lambda:eu-west-1:123456789012:layer:lambda-otlp-node:7',
      'arn:aws:lambda:eu-west-1:123456789012:layer:lambda-otlp-arm64:7',
      'arn:aws:lambda:us-east-1:123456789012:layer:lambda-otlp-node:7',
      'arn:aws:lambda:us-east-1:123456789012:layer:lambda-otlp-arm64:7',
    ]);
  });

  test('an answer that is no ARN is said, and nothing is opened', () => {
    writeFileSync(join(folder, 'lambda-otlp-node.zip'), 'zip');
    writeFileSync(join(folder, 'aws'), `#!/bin/sh\necho >>"${folder}/calls"\necho None\n`);
    const { status, stderr } = publish(...executeArgs, '--from', folder);
    expect(status).toBe(1);
    expect(stderr).toContain("expected the ARN of a layer version, got 'None'");
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('\n');
  });

  test('--execute without a built zip calls nothing', () => {
    const { status, stderr } = publish(...executeArgs, '--from', folder);
    expect(status).toBe(1);
    expect(stderr).toContain('expected a built zip');
    expect(existsSync(join(folder, 'calls'))).toBe(false);
  });

  test('a failing aws stops the run', () => {
    writeFileSync(join(folder, 'lambda-otlp-node.zip'), 'zip');
    writeFileSync(join(folder, 'aws'), `#!/bin/sh\necho >>"${folder}/calls"\nexit 254\n`);
    const { status, stderr } = publish(...executeArgs, '--region', 'us-east-1', '--from', folder);
    expect(status).toBe(1);
    expect(stderr).toContain('aws ended with status 254');
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('\n');
  });
});

test('--help tells how to use it and succeeds', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['-r', 'esbuild-register', 'layer/publish.ts', '--help'],
    { cwd: root, encoding: 'utf8' },
  );
  expect(status).toBe(0);
  expect(stdout).toContain('usage: npm run publish:layer -- --region REGION');
});

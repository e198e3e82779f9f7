// The container image for one of the test functions: the layer's files and the function on AWS's base image, built by
// docker and pushed to a repository of its own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { make, type Stage } from './stage';
import { toImageCalls, type TestFunction } from './plan';

/** AWS's image for Python, which contains no Node.js. */
const BASE_IMAGE = 'public.ecr.aws/lambda/python:3.13';

/** True if there is a docker that can build images. */
export async function doesDockerAnswer({ docker }: Pick<Stage, 'docker'>): Promise<boolean> {
  try {
    await docker.run(['version', '--format', '{{.Server.Version}}']);
    return true;
  } catch {
    return false;
  }
}

/** Returns the URI of the pushed image. */
export async function pushImage(stage: Stage, test: TestFunction): Promise<string> {
  const { aws, docker, names, signal, say } = stage;
  const calls = toImageCalls(names);
  say(`repository ${names.repository}`);
  const { repository } = JSON.parse(
    await make(stage, {
      what: `repository ${names.repository}`,
      tool: aws,
      create: calls.createRepository,
      remove: calls.removeRepository,
    }),
  ) as { readonly repository: { readonly repositoryUri: string } };
  const image = `${repository.repositoryUri}:verify`;
  const registry = repository.repositoryUri.split('/')[0] ?? '';
  say(`image ${image}`);
  await make(stage, {
    what: `image ${image} on this machine`,
    tool: docker,
    create: calls.build(image, fillContext(stage, test)),
    remove: ['image', 'rm', image],
  });
  const password = (await aws.run(calls.password, { signal })).trim();
  await make(stage, {
    what: `docker's login to ${registry}`,
    tool: docker,
    create: ['login', '--username', 'AWS', '--password-stdin', registry],
    remove: ['logout', registry],
    input: password,
  });
  await docker.run(['push', image], { signal });
  return image;
}

/** Fills the folder that docker builds from. Every file is made executable, because some files of the layer must be. */
function fillContext({ folder, layers, sources }: Stage, { layer, source }: TestFunction): string {
  const context = join(folder, 'image');
  const files = unzipSync(new Uint8Array(readFileSync(join(layers, `lambda-otlp-${layer}.zip`))));
  for (const [path, contents] of Object.entries(files)) {
    if (path.endsWith('/')) continue;
    const file = join(context, 'opt', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents, { mode: 0o755 });
  }
  writeFileSync(join(context, source), readFileSync(join(sources, source)));
  const lines = [
    `FROM ${BASE_IMAGE}`,
    'COPY opt/ /opt/',
    `COPY ${source} /var/task/`,
    'CMD ["function.handler"]',
  ];
  writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
  return context;
}

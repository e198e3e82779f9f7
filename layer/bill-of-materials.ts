// The bill of materials of a release (CycloneDX 1.5): what npm says of the packages, with the crates of the native
// host added from its lock file. `node -r esbuild-register layer/bill-of-materials.ts > FILE`
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');

interface Component {
  readonly 'bom-ref': string;
  readonly type: 'application' | 'library';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: 'SHA-256'; readonly content: string }[];
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
}

/** Of a CycloneDX document, what is read and added to here. */
export interface BillOfMaterials {
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly object[];
  readonly dependencies: readonly Dependency[];
}

interface Crate {
  readonly name: string;
  readonly version: string;
  readonly checksum: string | undefined;
  /** As Cargo.lock has it: `name`, or `name version` where there are several of that name. */
  readonly dependencies: readonly string[];
}

/** Every `[[package]]` of a Cargo.lock. */
function readCrates(lock: string): readonly Crate[] {
  const [, ...packages] = lock.split('[[package]]');
  return packages.map((text) => {
    const read = (key: string): string | undefined =>
      new RegExp(`^${key} = "([^"]*)"$`, 'm').exec(text)?.[1];
    const [, list = ''] = /^dependencies = \[([^\]]*)\]/m.exec(text) ?? [];
    return {
      name: read('name') ?? '',
      version: read('version') ?? '',
      checksum: read('checksum'),
      dependencies: [...list.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name),
    };
  });
}

function toPurl({ name, version }: Pick<Crate, 'name' | 'version'>): string {
  return `pkg:cargo/${name}@${version}`;
}

/** A crate without a checksum is the workspace's own: the native host. */
function toComponent(crate: Crate): Component {
  const { name, version, checksum } = crate;
  const purl = toPurl(crate);
  const known = { 'bom-ref': purl, name, version, purl };
  if (checksum === undefined) return { type: 'application', ...known };
  return { type: 'library', ...known, hashes: [{ alg: 'SHA-256', content: checksum }] };
}

/** `bill` with the crates of `lock`, the text of a Cargo.lock; the product depends on those that are its own. */
export function addCrates(bill: BillOfMaterials, lock: string): BillOfMaterials {
  const crates = readCrates(lock);
  const find = (wanted: string): readonly string[] => {
    const [name, version] = wanted.split(' ');
    return crates
      .filter((crate) => crate.name === name && (version ?? crate.version) === crate.version)
      .map(toPurl);
  };
  const product = bill.metadata.component['bom-ref'];
  const hosts = crates.filter(({ checksum }) => checksum === undefined).map(toPurl);
  const known = bill.dependencies.find(({ ref }) => ref === product);
  return {
    ...bill,
    components: [...bill.components, ...crates.map(toComponent)],
    dependencies: [
      ...bill.dependencies.filter(({ ref }) => ref !== product),
      { ref: product, dependsOn: [...(known?.dependsOn ?? []), ...hosts] },
      ...crates.map((crate) => ({
        ref: toPurl(crate),
        dependsOn: crate.dependencies.flatMap(find),
      })),
    ],
  };
}

function main(): void {
  const options = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'];
  const packages = execFileSync('npm', options, { cwd: ROOT, encoding: 'utf8' });
  const lock = readFileSync(join(ROOT, 'host/Cargo.lock'), 'utf8');
  const bill = addCrates(JSON.parse(packages) as BillOfMaterials, lock);
  process.stdout.write(`${JSON.stringify(bill, undefined, 2)}\n`);
}

if (require.main === module) main();

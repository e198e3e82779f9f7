import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addCrates } from '../../layer/bill-of-materials';
import type { BillOfMaterials } from '../../layer/bill-of-materials';

const PRODUCT = 'lambda-otlp@0.1.0';
const BILL: BillOfMaterials = {
  metadata: { component: { 'bom-ref': PRODUCT } },
  components: [{ 'bom-ref': 'aws4@1.13.2' }],
  dependencies: [{ ref: PRODUCT, dependsOn: ['aws4@1.13.2'] }],
};
const LOCK = `version = 4

[[package]]
name = "host"
version = "0.1.0"
dependencies = [
 "ring 0.17.1",
]

[[package]]
name = "ring"
version = "0.16.9"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "aa"

[[package]]
name = "ring"
version = "0.17.1"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "bb"
`;

test('every crate of the lock file is a component with its checksum', () => {
  const { components } = addCrates(BILL, LOCK);
  expect(components).toEqual([
    { 'bom-ref': 'aws4@1.13.2' },
    expect.objectContaining({ type: 'application', purl: 'pkg:cargo/host@0.1.0' }),
    expect.objectContaining({
      purl: 'pkg:cargo/ring@0.16.9',
      hashes: [{ alg: 'SHA-256', content: 'aa' }],
    }),
    expect.objectContaining({
      purl: 'pkg:cargo/ring@0.17.1',
      hashes: [{ alg: 'SHA-256', content: 'bb' }],
    }),
  ]);
});

test('the product depends on the host, and the host on the version that it is locked to', () => {
  const { dependencies } = addCrates(BILL, LOCK);
  expect(dependencies).toContainEqual({
    ref: PRODUCT,
    dependsOn: ['aws4@1.13.2', 'pkg:cargo/host@0.1.0'],
  });
  expect(dependencies).toContainEqual({
    ref: 'pkg:cargo/host@0.1.0',
    dependsOn: ['pkg:cargo/ring@0.17.1'],
  });
});

test('the lock file of the host is read whole', () => {
  const lock = readFileSync(join(__dirname, '../../host/Cargo.lock'), 'utf8');
  const { components } = addCrates(BILL, lock);
  expect(components).toHaveLength(1 + lock.split('[[package]]').length - 1);
  const purls = components.slice(1).map((crate) => ('purl' in crate ? crate.purl : ''));
  for (const purl of purls) expect(purl).toMatch(/^pkg:cargo\/[\w-]+@\d+\.\d+\.\d+/);
});

// The picture of a terminal: what is where, in which colour.
import { colored } from '../../src/render/paint';
import { toTerminalSvg } from '../../src/render/terminal-svg';

const elementsOf = (svg: string, name: string): string[] =>
  (svg.match(new RegExp(`<${name} [^>]*>`, 'g')) ?? []).slice(name === 'rect' ? 1 : 0);

test('text is escaped, placed by its column and fitted to its cells', () => {
  const svg = toTerminalSvg('a <b> & "c"\n    日本', 'title');
  expect(svg).toContain('>a &lt;b&gt; &amp; &quot;c&quot;</text>');
  const [, , wide] = elementsOf(svg, 'text');
  expect(wide).toContain('x="51.6"');
  expect(wide).toContain('textLength="33.6"');
});

test('colours are fills, and end where they end', () => {
  const svg = toTerminalSvg(`${colored('red', 'bad')} ${colored('dim', 'quiet')} plain`, 'title');
  expect(svg).toMatch(/fill="#ff6b6b">bad</);
  expect(svg).toMatch(/opacity="0.6">quiet</);
  expect(svg).toMatch(/fill="#d6deeb">plain</);
});

test('a bar is one rectangle with the lengths of its first and last blocks', () => {
  const [bar] = elementsOf(toTerminalSvg(`  ▐██▎`, 'title'), 'rect');
  expect(bar).toContain('x="39"');
  expect(bar).toContain('width="23.1"');
});

test('a bar beside text leaves the text in place', () => {
  const svg = toTerminalSvg('ms█x', 'title');
  expect(elementsOf(svg, 'rect')).toHaveLength(1);
  expect(svg).toContain('>ms</text>');
  expect(svg).toMatch(/x="43.2"[^>]*>x</);
});

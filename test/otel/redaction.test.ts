// LAMBDA_OTLP_REDACT…, LAMBDA_OTLP_DROP_…: the rules, and what they leave of stored events.
import type { AnyValue } from '@opentelemetry/api-logs';
import * as fc from 'fast-check';
import { compilePattern } from '../../src/node/compile-pattern';
import { Redactor } from '../../src/otel/redaction';
import { namesAttribute } from '../../src/otel/redaction-rules';
import { replayItemsToOtlp } from '../golden/replay-to-otlp';
import type { WireEvent } from '../invocation/scenario';
import { cpuRatio } from '../cpu';
import { readRules, redactorOf } from './redactor-of';
import { REQUEST, done, report, start, wire } from '../invocation/scenario';

const read20Times = (text: string) => {
  for (let turn = 0; turn < 20; turn += 1) Array.from(text);
};

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

const all = redactorOf({ LAMBDA_OTLP_REDACT: 'emails,cards,tokens,aws_keys' });

it.each([
  ['to anna.lee+x@mail.example.org, now', 'to [REDACTED], now'],
  ['a@b and @x.org and x@.org', 'a@b and @x.org and x@.org'],
  ['card 4111 1111 1111 1111.', 'card [REDACTED].'],
  ['no 1 4111-1111-1111-1111', 'no 1 [REDACTED]'],
  ['card 4111.1111.1111.1111, 3782.822463.10005', 'card [REDACTED], [REDACTED]'],
  ['4111.111111111111 4111.1111.1111.1112', '4111.111111111111 4111.1111.1111.1112'],
  ['card 4111 1111 1111 1112', 'card 4111 1111 1111 1112'],
  ['at 1772439300000 x4111111111111111', 'at 1772439300000 x4111111111111111'],
  [`token ${JWT}!`, 'token [REDACTED]!'],
  ['Authorization: Bearer abcdefghijklmnop', 'Authorization: Bearer [REDACTED]'],
  ['İstanbul: BeArEr\tabcdefghijklmnop!', 'İstanbul: BeArEr\t[REDACTED]!'],
  ['Basic short', 'Basic short'],
  ['AKIAIOSFODNN7EXAMPLE/20260302/us-east-1', '[REDACTED]/20260302/us-east-1'],
  [`aws_secret_access_key=${SECRET}`, 'aws_secret_access_key=[REDACTED]'],
  [`my sEcReT ${SECRET}`, 'my sEcReT [REDACTED]'],
  [`digest: ${SECRET}`, `digest: ${SECRET}`],
  ['by me@example.org.I am', 'by [REDACTED].I am'],
  ['https://x.org/?to=me%40example.org&a=1', 'https://x.org/?to=[REDACTED]&a=1'],
  ['an josé@example.org, zoë@bücher.example', 'an [REDACTED], [REDACTED]'],
  ['redis://user:hunter2@cache:6379/0', 'redis://[REDACTED]@cache:6379/0'],
  ['https://user:hunter2@db.example.org/x', 'https://[REDACTED]/x'],
  ['https://example.org/@scope?a=u:p@b', 'https://example.org/@scope?a=u:p@b'],
  ['{"a":"x\\nAKIAIOSFODNN7EXAMPLE"}', '{"a":"x\\n[REDACTED]"}'],
  ['{"a":"\\t4111111111111111\\n"}', '{"a":"\\t[REDACTED]\\n"}'],
  ['{"a":"\\nme@example.org"}', '{"a":"\\n[REDACTED]"}'],
  ['{"a":"me\\u0040example.org","b":"\\u00e9"}', '{"a":"[REDACTED]","b":"\\u00e9"}'],
  ['key\\u003dAKIAIOSFODNN7EXAMPLE', 'key\\u003d[REDACTED]'],
  [`secret: ${SECRET.replaceAll('/', '\\/')}`, 'secret: [REDACTED]'],
  ['{"path":"a\\/b\\u00e9"}', '{"path":"a\\/b\\u00e9"}'],
  ['2001:db8::4111:1111, fe80::1%eth0', '2001:db8::4111:1111, fe80::1%eth0'],
])('built-in rules mask %s', (text, expected) => {
  expect(all.text(text)).toBe(expected);
});

it('built-in rules know a secret by the name of its attribute', () => {
  expect(all.attributes({ secretKey: SECRET, digest: SECRET })).toEqual({
    secretKey: '[REDACTED]',
    digest: SECRET,
  });
});

it('built-in rules leave no address, whatever stands around it', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      expect(all.text(`${before} me@example.org ${after}`)).not.toContain('me@example.org');
    }),
  );
});

it('built-in rules end a text of more than 64 KiB before what they did not read', () => {
  const text = `${'x '.repeat(32_760)}me@example.org ${'y'.repeat(100)}`;
  const redacted = all.text(text);
  expect(redacted.length).toBeLessThanOrEqual(65_536);
  expect(redacted).not.toContain('me@');
  expect(all.takeCounts()).toContainEqual(['too_long', 1]);
});

it('built-in rules are no reason to end a text where there is none of them', () => {
  const drops = {
    LAMBDA_OTLP_DROP_ATTRIBUTES: 'metrics:faas.instance',
    LAMBDA_OTLP_DROP_LOGS: 'severity<info',
  };
  const text = 'x'.repeat(100_000);
  expect(redactorOf(drops).text(text)).toBe(text);
});

it.each([
  ['password', 'user_password', true],
  ['password', 'userPassword', true],
  ['password', 'passwordless', false],
  ['*secret*', 'client.secret.id', true],
  ['api_key', 'x-api-key', true],
  ['api_key', 'apiVersionKey', false],
  ['api*key', 'apiVersionKey', true],
  ['key', 'routeKey', true],
  ['key', 'monkey', false],
])('the name %s matches the key %s: %s', (rule, key, expected) => {
  const redacted = redactorOf({ LAMBDA_OTLP_REDACT_KEYS: rule }).attributes({ [key]: 'v' });
  expect(redacted[key] === '[REDACTED]').toBe(expected);
});

it('names of keys are found at any depth', () => {
  const redactor = redactorOf({ LAMBDA_OTLP_REDACT_KEYS: 'password' });
  const value = { user: [{ login: 'a', password: { old: 1 } }] };
  expect(redactor.value(value)).toEqual({ user: [{ login: 'a', password: '[REDACTED]' }] });
  expect(redactor.takeCounts()).toEqual([['key_1', 1]]);
  expect(redactor.takeCounts()).toEqual([]);
});

const PEM = '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----';
const inner = JSON.stringify({ password: 'hunter2 "q" \\ end', n: 1 });
it.each([
  ['{"password":"hunter2","n":1.0}', '{"password":"[REDACTED]","n":1.0}'],
  [
    '{ "a": [ { "password" : {"old":["hunter2"]} } ] }',
    '{ "a": [ { "password" : "[REDACTED]" } ] }',
  ],
  ['{"password":12345678901234567890,"n":1}', '{"password":"[REDACTED]","n":1}'],
  ['{"password":null}', '{"password":"[REDACTED]"}'],
  ['{"pass\\u0077ord":"hunter2"}', '{"pass\\u0077ord":"[REDACTED]"}'],
  ['{"password":"a\\\\","n":"b"}', '{"password":"[REDACTED]","n":"b"}'],
  ['{"password":"a\\"hunter2","n":"b"}', '{"password":"[REDACTED]","n":"b"}'],
  ['INFO user {"password":"hunter2"} signed in', 'INFO user {"password":"[REDACTED]"} signed in'],
  ['{"a":1,"password":"hunter2 is cut o', '{"a":1,"password":"[REDACTED]"'],
  ['{"password":{"a":"hunter2","b":', '{"password":"[REDACTED]"'],
  [
    '{"the password":1,"passwords":"hunter2"}',
    '{"the password":"[REDACTED]","passwords":"hunter2"}',
  ],
  ['the "password" is "hunter2"', 'the "password" is "hunter2"'],
  ['level=info password=hunter2 user=a', 'level=info password=[REDACTED] user=a'],
  ['password="hun ter2 \\"q" user=a', 'password="[REDACTED]" user=a'],
  ["password='hunter2' passwords=b password=", "password='[REDACTED]' passwords=b password="],
  ['GET /login?user=a&password=hunter2&x=1', 'GET /login?user=a&password=[REDACTED]&x=1'],
  ['{"line":"password=\\"hunter2\\" x=1"}', '{"line":"password=\\"[REDACTED]\\" x=1"}'],
  ["{ user: 'a', password: 'hunter2', n: 1 }", "{ user: 'a', password: '[REDACTED]', n: 1 }"],
  ["{'user': 'a', 'password': 'hunter2'}", "{'user': 'a', 'password': '[REDACTED]'}"],
  [`{'password': "it's hunter2", 'n': 1}`, `{'password': "[REDACTED]", 'n': 1}`],
  ["{'password': 4711, 'n': 1}", "{'password': [REDACTED], 'n': 1}"],
  ["it's the password: a", "it's the password: a"],
  ["{'password': b'hunter2', 'n': 1}", "{'password': [REDACTED], 'n': 1}"],
  [`{'password': u"it's hunter2"}`, "{'password': [REDACTED]}"],
  ["password=b'hunter2 x' n=1", 'password=[REDACTED] n=1'],
  ["{'password': {'v': 'hunter2', 'w': ['}']}, 'n': 1}", "{'password': [REDACTED], 'n': 1}"],
  ["{'password': ['a', 'b']}", "{'password': [REDACTED]}"],
  ["{ password: [ 'a', 'b' ], n: 1 }", '{ password: [REDACTED], n: 1 }'],
  ['{ n: 1, password: { v: { w: 1 } } }', '{ n: 1, password: [REDACTED] }'],
  ['{ password: 1234 }', '{ password: [REDACTED] }'],
  ['{\n  n: 1,\n  password: 1234n,\n  m: 2\n}', '{\n  n: 1,\n  password: [REDACTED],\n  m: 2\n}'],
  ['{"line":"{\\n  password: 1234\\n}"}', '{"line":"{\\n  password: [REDACTED]\\n}"}'],
  ["{ password: Map(1) { 'a' => 'b, c' }, n: 1 }", '{ password: [REDACTED], n: 1 }'],
  ['{ password: <Buffer 68 75 6e>, n: 1 }', '{ password: [REDACTED], n: 1 }'],
  ["{'password': SecretStr('hunter2'), 'n': 1}", "{'password': [REDACTED], 'n': 1}"],
  ["{ password: 'line\\n' +\n    'hunter2', n: 1 }", "{ password: '[REDACTED]', n: 1 }"],
  ["{ password:\n   'hunter2' }", "{ password:\n   '[REDACTED]' }"],
  ["'{\\'password\\': \\'hunter2\\'}'", "'{\\'password\\': \\'[REDACTED]\\'}'"],
  ['{password: "hunter2", n: 1}', '{password: "[REDACTED]", n: 1}'],
  ['{password=[hunter2, b], n=1}', '{password=[REDACTED], n=1}'],
  ['{password={v=hunter2}, n=1}', '{password=[REDACTED], n=1}'],
  ['password=Bearer hunter2 n=1', 'password=[REDACTED] n=1'],
  ["{'password': {'v': 'hunter2 is cut o", "{'password': [REDACTED]"],
  ['{ n: 1 } password: a', '{ n: 1 } password: a'],
  ['no, password: a', 'no, password: a'],
  ['{"password"=>"hunter2", "n"=>1}', '{"password"=>"[REDACTED]", "n"=>1}'],
  ["array ( 'password' => 'hunter2', )", "array ( 'password' => '[REDACTED]', )"],
  ['{:user=>"a", :password=>"hunter2"}', '{:user=>"a", :password=>"[REDACTED]"}'],
  ['[user] => a\n[password] => hunter2\n', '[user] => a\n[password] => [REDACTED]\n'],
  ['"{\\"password\\" => \\"hunter2\\"}"', '"{\\"password\\" => \\"[REDACTED]\\"}"'],
  ['?filter[password]=hunter2&n=1', '?filter[password]=[REDACTED]&n=1'],
  ['?user[password][]=hunter2', '?user[password][]=[REDACTED]'],
  ['?filter%5Bpassword%5D=hunter2&n=1', '?filter%5Bpassword%5D=[REDACTED]&n=1'],
  ['[]=hunter2', '[]=hunter2'],
  ['100%password=hunter2', '100%password=[REDACTED]'],
  ['?a%5bpassword%5d%5b%5d=hunter2', '?a%5bpassword%5d%5b%5d=[REDACTED]'],
  ['?to=%2Fin%3Fpassword%3Dhunter2%26n%3D1', '?to=%2Fin%3Fpassword%3D[REDACTED]%26n%3D1'],
  ['[db]\npassword = hunter2 \nn = 1', '[db]\npassword = [REDACTED] \nn = 1'],
  ['"password" = "hunter2"', '"password" = "[REDACTED]"'],
  ['password =\nn=1', 'password =\nn=1'],
  ['db:\n  password: hunter2 x\n  n: 1', 'db:\n  password: [REDACTED]\n  n: 1'],
  ['- password: hunter2\r\n- n: 1', '- password: [REDACTED]\r\n- n: 1'],
  ['Password: a=hunter2; b=hunter3', 'Password: [REDACTED]'],
  ['password:', 'password:'],
  ['login(user: "a", password: "hunter2")', 'login(user: "a", password: "[REDACTED]")'],
  ['a:\n  password: |\n    hunter2\n\n    x\n  n: 1', 'a:\n  password: [REDACTED]\n  n: 1'],
  ['password: !!str >-  # x\r\n  hunter2\r\nn: 1', 'password: [REDACTED]\r\nn: 1'],
  ['password:\n  old: hunter2\n  new: x\nn: 1', 'password:\n  [REDACTED]\nn: 1'],
  ['password:\n- hunter2\n- x\nn: 1', 'password:\n[REDACTED]\nn: 1'],
  ['- password:\n    - hunter2\n- n: 1', '- password:\n    [REDACTED]\n- n: 1'],
  ['a:\n- password:\n  - s1\n  - s2\n- n: 1', 'a:\n- password:\n  [REDACTED]\n- n: 1'],
  ['password: # two\n- aaa\nn: 1', 'password: [REDACTED]\nn: 1'],
  ['password: &x\n- aaa\nn: 1', 'password: [REDACTED]\nn: 1'],
  ['password: |\n- n: 1', 'password: [REDACTED]\n- n: 1'],
  [
    JSON.stringify({ config: 'a: 1\npassword: |\n  hunter2\n\n  x\nn: 1' }),
    JSON.stringify({ config: 'a: 1\npassword: [REDACTED]\nn: 1' }),
  ],
  [
    JSON.stringify({ config: 'password:\r\n- hunter2\r\nn: 1', n: 1 }),
    JSON.stringify({ config: 'password:\r\n[REDACTED]\r\nn: 1', n: 1 }),
  ],
  ['Password=b c;Server=x', 'Password=[REDACTED];Server=x'],
  ['to "Server=x; Password=b c", later', 'to "Server=x; Password=[REDACTED]", later'],
  ['password=b and so on', 'password=[REDACTED] and so on'],
  ['password:\nn: 1', 'password:\nn: 1'],
  ['password: a\n    at f (x.js:1)', 'password: [REDACTED]\n    at f (x.js:1)'],
  [`password: ${PEM}\nn: 1`, 'password: [REDACTED]\nn: 1'],
  [`password=${PEM} n=1`, 'password=[REDACTED] n=1'],
  ['password=-----BEGIN X-----\nhunter2 is cut o', 'password=[REDACTED]'],
  ["curl -H 'Password: Token hunter2' x", "curl -H 'Password: [REDACTED]' x"],
  ['{"line":"password: a \\"hunter2\\"","n":1}', '{"line":"password: [REDACTED]","n":1}'],
  ['{"line":"x\\npassword=hunter2\\n"}', '{"line":"x\\npassword=[REDACTED]\\n"}'],
  [
    '{"line":"x\\r\\npassword: k hunter2\\r\\nn: 1"}',
    '{"line":"x\\r\\npassword: [REDACTED]\\r\\nn: 1"}',
  ],
  ['{User:a Password:hunter2 x Port:1}', '{User:a Password:[REDACTED] Port:1}'],
  ['map[Password:[hunter2 x] n:1]', 'map[Password:[REDACTED] n:1]'],
  ['{"a":1} arn:aws:x:password:y', '{"a":1} arn:aws:x:password:y'],
  ['password=ApiKey hunter2 n=1', 'password=[REDACTED] n=1'],
  ['password=Digest username="a", response="hunter2" n=1', 'password=[REDACTED] n=1'],
  ['Server=x;Password=a hunter2;Encrypt=true', 'Server=x;Password=[REDACTED];Encrypt=true'],
  ['Server=x; Password="a"";hunter2";n=1', 'Server=x; Password="[REDACTED]";n=1'],
  ['a; password=b and text', 'a; password=[REDACTED] and text'],
  ['password = """\nhunter2\n"""\nn = 1', 'password = "[REDACTED]"\nn = 1'],
])('names of keys are found in JSON and in pairs, wherever they stand: %s', (text, expected) => {
  expect(redactorOf({ LAMBDA_OTLP_REDACT_KEYS: 'password' }).text(text)).toBe(expected);
});

it.each([
  'password=',
  '"password":',
  "'password':'",
  '\\\\',
  '\\\\"',
  '":',
  "a:'",
  '{"password":',
  'password: \n',
  'password = ',
  '[]',
  'password[]=',
  '%3D',
  '=>',
  "{'password':{",
  '{password:[',
  'password:\n ',
  'password: |\n',
  '\\npassword: ',
  '{a password:',
  'map[password:[',
  'password=-----BEGIN ',
  'password=digest a="",',
  ';password=a ',
  "password=''",
  'password=[',
  "password=b'",
  "password='x'+",
  '{password:a ',
  '\\\\u0041',
  '{"',
])('names of keys of 64 KiB of %s are read once', async (unit) => {
  const redactor = redactorOf({ LAMBDA_OTLP_REDACT_KEYS: 'password' });
  const text = unit.repeat(65_536 / unit.length);
  expect(
    await cpuRatio(
      () => redactor.text(text),
      () => read20Times(text),
      20,
    ),
  ).toBeLessThan(20);
});

it('names of keys cost little where 64 KiB hold thousands, all different, of which none is named', async () => {
  const rules = Array.from({ length: 10 }, (_, index) => `secret_key_${index}`).join();
  const redactor = redactorOf({ LAMBDA_OTLP_REDACT_KEYS: rules });
  const text = Array.from({ length: 7_000 }, (_, index) => `k${index}=1`)
    .join('&')
    .slice(0, 65_000);
  expect(
    await cpuRatio(
      () => redactor.text(text),
      () => read20Times(text),
      1.5,
    ),
  ).toBeLessThan(1.5);
});

it('names of keys of texts push out none of the attributes', () => {
  const redactor = redactorOf({ LAMBDA_OTLP_REDACT_KEYS: 'password' });
  const known = redactor.names.of('faas.name');
  redactor.text(Array.from({ length: 2_000 }, (_, index) => `k${index}=1`).join('&'));
  expect(redactor.names.of('faas.name')).toBe(known);
});

it('names of keys are found in JSON in JSON in JSON, which stays JSON', () => {
  const redactor = redactorOf({ LAMBDA_OTLP_REDACT_KEYS: 'password' });
  for (const text of [
    inner,
    JSON.stringify([inner]),
    JSON.stringify({ a: JSON.stringify([inner]) }),
  ]) {
    const masked = redactor.text(text);
    expect(masked).not.toContain('hunter2');
    expect(masked).toContain('[REDACTED]');
    let value: unknown = masked;
    while (typeof value === 'string') {
      const read: unknown = JSON.parse(value);
      value = Object.values(read as object)[0];
      if (value === '[REDACTED]') break;
    }
    expect(value).toBe('[REDACTED]');
  }
});

it('names of keys are masked in any JSON as its parser finds them', () => {
  const redactor = redactorOf({ LAMBDA_OTLP_REDACT_KEYS: 'password' });
  const key = fc.constantFrom('password', 'a', 'user_password', 'b"', 'passwordless', ':', '');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: fc.constantFrom('"', '\\', '{', ']', ':', ',', 'a', ' ', '\n') }),
      fc.constantFrom(null, true, 1.5, 'password'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2), (made, indent) => {
      const text = JSON.stringify(made, undefined, indent);
      const masked: unknown = JSON.parse(redactor.text(text));
      expect(masked).toEqual(redactor.value(JSON.parse(text) as AnyValue));
    }),
    { numRuns: 1000 },
  );
});

it('patterns mask what they match and are counted by their place', () => {
  const redactor = redactorOf({ LAMBDA_OTLP_REDACT_PATTERNS: '["order-\\\\d+","x*"]' });
  expect(redactor.text('order-17 and order-4')).toBe('[REDACTED] and [REDACTED]');
  expect(redactor.takeCounts()).toEqual([['pattern_1', 2]]);
});

it.each(['(?=a)b', '(?<!a)b', '(a)\\1', 'a{1,101}', '(', ''])(
  'the pattern %s is refused',
  (source) => {
    expect(compilePattern(source)).toBeUndefined();
  },
);

it('patterns look at the text as it came, not at what another one left', () => {
  const redactor = redactorOf({
    LAMBDA_OTLP_REDACT_PATTERNS: '["user","user-\\\\d+","7 x"]',
  });
  expect(redactor.text('user-17 x.')).toBe('[REDACTED].');
  const counts = new Map(redactor.takeCounts());
  expect(counts).toEqual(new Map([1, 2, 3].map((place) => [`pattern_${place}`, 1])));
});

it.each([
  [{ LAMBDA_OTLP_REDACT_PATTERNS: '["(?=a)b"]' }],
  [{ LAMBDA_OTLP_REDACT_PATTERNS: 'no JSON' }],
  [{ LAMBDA_OTLP_REDACT: 'emails,phones' }],
])('patterns that cannot be read mask all free text: %j', (variables) => {
  const { rules, warnings } = readRules(variables);
  expect(warnings).toEqual([expect.stringContaining('a mask over all free text')]);
  if (rules === undefined) throw new Error('expected rules');
  const redactor = new Redactor(rules);
  expect(redactor.attributes({ 'faas.name': 'orders', note: 'free', count: 3 })).toEqual({
    'faas.name': 'orders',
    note: '[REDACTED]',
    count: 3,
  });
});

it('patterns of nested quantifiers come to an end', () => {
  // On a backtracking engine 40 characters would take hours.
  expect(compilePattern('^(a+)+$')?.test(`${'a'.repeat(65_536)}b`)).toBe(false);
});

it.each([
  ['url.query', 'url.query', true],
  ['url.query', 'url.query.x', false],
  ['http.request.header.*', 'http.request.header.cookie', true],
  ['*.id', 'user.id', true],
  ['a*b*c', 'a-b-c', true],
  ['a*a', 'a', false],
])('DROP_ATTRIBUTES=%s names %s: %s', (rule, name, expected) => {
  expect(namesAttribute({ parts: rule.split('*') }, name)).toBe(expected);
});

const say = (ms: number, record: object) => wire(ms, 'function', { requestId: REQUEST, ...record });
const events: WireEvent[] = [
  start(0),
  say(1, { level: 'DEBUG', message: 'GET /health' }),
  say(2, { level: 'INFO', message: 'to me@example.org', user: { password: 'hunter2' } }),
  say(3, {
    level: 'ERROR',
    message: 'failed',
    errorType: 'E',
    errorMessage: 'no me@example.org',
    stackTrace: ['at me@example.org'],
  }),
  done(100, REQUEST, { status: 'error', errorType: 'E' }),
  report(101),
];
const replayed = (variables: Record<string, string>) =>
  replayItemsToOtlp(
    events.map((value) => ({ kind: 'event' as const, value })),
    { variables },
  );

it('what leaves holds no secret in any signal, and counts by rule', async () => {
  const sent = JSON.stringify(
    await replayed({
      LAMBDA_OTLP_REDACT: 'emails',
      LAMBDA_OTLP_REDACT_KEYS: 'password',
      LAMBDA_OTLP_DROP_LOGS: 'severity<info,body~^never',
      LAMBDA_OTLP_DROP_ATTRIBUTES: 'metrics:service.instance.id,lambda.duration_ms',
    }),
  );
  for (const secret of ['me@example.org', 'hunter2', 'GET /health', 'lambda.duration_ms'])
    expect(sent).not.toContain(secret);
  for (const rule of ['emails', 'key_1', 'drop_logs_1', 'drop_attributes_1'])
    expect(sent).toContain(`"stringValue":"${rule}"`);
  expect(sent).toContain('service.instance.id');
});

it('what leaves is the same without rules', async () => {
  expect(readRules({}).rules).toBeUndefined();
  expect(await replayed({ LAMBDA_OTLP_REDACT: ' ' })).toEqual(await replayed({}));
});

it('what leaves is sent with the parts of DROP_LOGS that can be read', () => {
  const { rules, warnings } = readRules({
    LAMBDA_OTLP_DROP_LOGS: 'severity<loud,severity<warn,body~(?=x)',
  });
  expect(rules?.dropLogs).toEqual([{ belowSeverity: 13 }]);
  expect(warnings).toHaveLength(2);
});

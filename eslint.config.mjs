// ESLint with the strictest typed rules, the rooms' arrows, and the purity of the core, which knows no clock,
// environment, randomness, console, node module or state of its own (eslint-house-rules.mjs).
import tseslint from 'typescript-eslint';
import house from './eslint-house-rules.mjs';

const PURE_ROOMS = [
  'src/telemetry/**/*.ts',
  'src/invocation/**/*.ts',
  'src/log-line/**/*.ts',
  'src/otel/**/*.ts',
  'src/relay/**/*.ts',
];

/** Loads built-in modules ahead of the flags of V8, by name. */
const WARMS_MODULES_UP = 'src/node/v8-flags.ts';

/** What is said in one way, and what hides a global of Node.js's. */
const ONE_WAY = [
  {
    selector: 'SpreadElement > ConditionalExpression > ObjectExpression[properties.length=0]',
    message: 'Write ...(condition && { member }), or ...defined({ member }).',
  },
  {
    selector:
      ':matches(ClassDeclaration, TSInterfaceDeclaration, TSTypeAliasDeclaration)[id.name=/^(Buffer|Event|Headers|Record|Request|Response)$/]',
    message: 'A global has this name.',
  },
];

export default tseslint.config(
  {
    ignores: [
      'build/',
      '**/dist/',
      'host/target/',
      'coverage/',
      'node_modules/',
      '.stryker-tmp/',
      'reports/',
      'layer/templates/',
    ],
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'no-duplicate-imports': ['error', { allowSeparateTypeImports: true }],
      'max-lines': ['error', { max: 350 }],
      // Of code Prettier sees to it.
      'max-len': ['error', { code: 10_000, comments: 120, ignorePattern: 'https?://' }],
      'max-params': ['error', 4],
      'no-console': 'error',
    },
  },
  {
    files: ['{src,layer,local-lambda/src,demo,bench,cli,cdk}/**/*.ts'],
    ignores: ['**/main.ts', 'cdk/test/**'],
    rules: {
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'variable', modifiers: ['const', 'global'], format: ['UPPER_CASE'] },
        {
          selector: 'variable',
          modifiers: ['const', 'global'],
          types: ['function'],
          format: ['camelCase'],
        },
        { selector: 'variable', modifiers: ['const', 'global', 'destructured'], format: null },
        {
          // Objects that do something, and what the build replaces.
          selector: 'variable',
          filter:
            '^(systemClock|nativeHost|alarms|protobufEncoding|LambdaOtlp|packagesWithoutLateImports|__VERSION__)$',
          format: null,
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { house },
    rules: {
      'house/arrows': 'error',
      'house/node-home': 'error',
      'max-lines-per-function': ['error', { max: 40, skipComments: true }],
      'no-restricted-syntax': ['error', ...ONE_WAY],
    },
  },
  {
    files: [WARMS_MODULES_UP, 'src/replay/**/*.ts'],
    rules: { 'house/node-home': 'off' },
  },
  {
    files: PURE_ROOMS,
    rules: {
      'house/no-module-state': 'error',
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*'], allowTypeImports: true, message: 'The core does no I/O.' },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        'globalThis',
        'global',
        'process',
        'performance',
        'crypto',
        'console',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'queueMicrotask',
        'fetch',
        'Buffer',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes in as an argument.' },
        { object: 'Math', property: 'random', message: 'Randomness comes in as an argument.' },
      ],
      'no-restricted-syntax': [
        'error',
        ...ONE_WAY,
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Time comes in as an argument.',
        },
      ],
    },
  },
  {
    files: [
      'test/**/*.ts',
      'src/replay/**/*.ts',
      'local-lambda/**/*.ts',
      'demo/**/*.ts',
      'layer/**/*.ts',
      'cli/build-package.ts',
      'bench/**/*.ts',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts', 'local-lambda/test/**/*.ts', 'cdk/test/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 450 }] },
  },
  {
    // A shim takes what Node takes, and does without some of it; its globals are types of other files.
    files: ['host/shim/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  { files: ['**/*.mjs', '**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);

// ESLint with the strictest typed rules, and the purity of the core: telemetry/, invocation/ and
// otel/ know no clock, environment, randomness, console or node module.
import tseslint from 'typescript-eslint';

const pureRooms = [
  'src/telemetry/**/*.ts',
  'src/invocation/**/*.ts',
  'src/log-line/**/*.ts',
  'src/otel/**/*.ts',
  'src/relay/**/*.ts',
];

export default tseslint.config(
  {
    ignores: [
      'build/',
      'coverage/',
      'node_modules/',
      '.stryker-tmp/',
      'reports/',
      'layer/templates/',
    ],
  },
  {
    files: ['**/*.ts'],
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
      'max-lines': ['error', { max: 250 }],
      'max-params': ['error', 4],
      'no-console': 'error',
    },
  },
  {
    files: pureRooms,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*'], allowTypeImports: true, message: 'The core does no I/O.' },
            {
              group: [
                '**/delivery/**',
                '**/extension/**',
                '**/lambda/**',
                '**/http/**',
                '**/node/**',
                '**/replay/**',
              ],
              message: 'Arrows never go left: the core imports no outer room.',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        'process',
        'performance',
        'crypto',
        'console',
        'setTimeout',
        'setInterval',
        'setImmediate',
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
      'bench/**/*.ts',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts', 'local-lambda/test/**/*.ts', 'cdk/test/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 450 }] },
  },
  { files: ['**/*.mjs', '**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);

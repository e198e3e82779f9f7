// The house's own rules for src/, each from a table: which rooms may import which, and which packages the pure ones
// (`arrows`), which file is the home of a module of Node (`node-home`), and that the pure rooms hold no state
// (`no-module-state`).
// test/lint/house-rules.test.ts tries them.
import { builtinModules } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';

const ANYTHING = '*';
/** Stands for everything outside of src/. */
const OUTSIDE = '..';

/**
 * What a room, or a file at the root of src/, may import; itself always. Arrows never go left: the order is that
 * of the flow (docs/decisions/0001-rooms.md).
 */
const ARROWS = {
  diagnostics: [],
  version: [],
  secrets: ['diagnostics'],
  'otel-settings': [],
  settings: ['otel-settings'],
  environment: ['diagnostics', 'settings'],
  'misspelt-settings': ['diagnostics', 'settings'],
  telemetry: [],
  relay: ['telemetry'],
  'log-line': ['telemetry'],
  invocation: ['telemetry', 'relay'],
  otel: ['telemetry', 'relay', 'log-line', 'invocation', 'environment', 'settings'],
  node: [],
  http: ['node', 'diagnostics'],
  delivery: [
    'telemetry',
    'relay',
    'otel',
    'http',
    'node',
    'environment',
    'settings',
    'diagnostics',
    'secrets',
    'version',
  ],
  lambda: ['telemetry', 'relay', 'http', 'node', 'diagnostics'],
  extension: [
    ...[
      'telemetry',
      'relay',
      'log-line',
      'invocation',
      'otel',
      'node',
      'http',
      'delivery',
      'lambda',
    ],
    ...['environment', 'settings', 'misspelt-settings', 'diagnostics', 'secrets', 'version'],
  ],
  main: [ANYTHING],
  // Not in the layer: a command, as those of cli/ are.
  replay: [ANYTHING, OUTSIDE],
};

/** The packages whose code a pure room may use; types are free. Other rooms answer to the bill of materials. */
const PURE_PACKAGES = {
  telemetry: [],
  relay: [],
  'log-line': ['@opentelemetry/api-logs'],
  invocation: [],
  otel: [
    '@opentelemetry/api',
    '@opentelemetry/api-logs',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-metrics',
  ],
};

/** The one file that imports a module of Node (types are free). A second host stands below these files. */
const NODE_HOMES = {
  'node:crypto': 'src/node/crypto.ts',
  'node:fs': 'src/node/files.ts',
  'node:net': 'src/node/sockets.ts',
  'node:path': 'src/node/files.ts',
  'node:tls': 'src/node/sockets.ts',
  'node:v8': 'src/node/v8-flags.ts',
  'node:zlib': 'src/node/compression.ts',
};

/** Functions of `Object` and `Reflect` that change their first argument. */
const OBJECT_MUTATORS = new Set([
  ...['assign', 'defineProperties', 'defineProperty', 'deleteProperty', 'set', 'setPrototypeOf'],
]);
const MUTATORS = new Set([
  ...[
    'add',
    'clear',
    'copyWithin',
    'delete',
    'fill',
    'pop',
    'push',
    'reverse',
    'set',
    'shift',
    'sort',
  ],
  ...['splice', 'unshift'],
]);

/** The path below the project's root, with slashes. */
const pathOf = (context) => relative(context.cwd, context.filename).split(sep).join('/');

/** `src/otel/spans.ts` → `otel`, `src/settings.ts` → `settings`, outside of src/ → undefined. */
function placeOf(path) {
  const [top, ...rest] = path.split('/');
  if (top !== 'src' || rest.length === 0) return undefined;
  return rest.length > 1 ? rest[0] : rest[0].replace(/\.ts$/, '');
}

/** Calls `look(node, specifier, isType)` for whatever imports a module. */
function everyImport(look) {
  const declaration = (node) => {
    if (node.source == null) return;
    const specifiers = node.specifiers ?? [];
    const isType =
      (node.importKind ?? node.exportKind) === 'type' ||
      (specifiers.length > 0 && specifiers.every(({ importKind }) => importKind === 'type'));
    look(node, node.source.value, isType);
  };
  return {
    ImportDeclaration: declaration,
    ExportNamedDeclaration: declaration,
    ExportAllDeclaration: declaration,
    ImportExpression: (node) => {
      if (node.source.type === 'Literal') look(node, node.source.value, false);
    },
    TSImportType: (node) => look(node, node.source?.value ?? node.argument?.literal?.value, true),
    'CallExpression[callee.name="require"]': (node) => {
      if (node.arguments[0]?.type === 'Literal') look(node, node.arguments[0].value, false);
    },
  };
}

const arrows = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      arrow: '{{from}} must not import {{to}}: see ARROWS in eslint-house-rules.mjs.',
      package: '{{from}} must not import {{to}}: see PURE_PACKAGES in eslint-house-rules.mjs.',
      unknown: '{{place}} is not in ARROWS of eslint-house-rules.mjs: say what it may import.',
    },
  },
  create(context) {
    const path = pathOf(context);
    const from = placeOf(path);
    if (from === undefined) return {};
    const allowed = ARROWS[from];
    return {
      Program: (node) => {
        if (allowed === undefined)
          context.report({ node, messageId: 'unknown', data: { place: from } });
      },
      ...everyImport((node, specifier, isType) => {
        if (typeof specifier !== 'string') return;
        if (!specifier.startsWith('.')) {
          // What begins with `node:` is node-home's.
          const isFree = isType || specifier.startsWith('node:');
          if (isFree || PURE_PACKAGES[from]?.includes(specifier) !== false) return;
          return context.report({ node, messageId: 'package', data: { from, to: specifier } });
        }
        const to = placeOf(join(dirname(path), specifier).split(sep).join('/'));
        if (to === undefined && allowed?.includes(OUTSIDE)) return;
        if (to === undefined)
          return context.report({ node, messageId: 'arrow', data: { from, to: specifier } });
        if (to === from || allowed === undefined || allowed.includes(ANYTHING)) return;
        if (!allowed.includes(to)) context.report({ node, messageId: 'arrow', data: { from, to } });
      }),
    };
  },
};

const nodeHome = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      home: '{{module}} is imported by {{home}} alone: use what that exports.',
      unknown:
        '{{module}} has no home in NODE_HOMES of eslint-house-rules.mjs: give it one file of src/node/.',
    },
  },
  create(context) {
    const path = pathOf(context);
    return everyImport((node, specifier, isType) => {
      if (isType || typeof specifier !== 'string') return;
      const [name] = specifier.replace(/^node:/, '').split('/');
      if (!specifier.startsWith('node:') && !builtinModules.includes(name)) return;
      const module = `node:${name}`;
      const home = NODE_HOMES[module];
      if (home === path) return;
      const messageId = home === undefined ? 'unknown' : 'home';
      context.report({ node, messageId, data: { module, home } });
    });
  },
};

const noModuleState = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      binding: 'A pure room holds no state: `{{kind}}` at the top of a module can change.',
      field: 'A pure room holds no state: a static field that can change outlives every object.',
      regExp:
        'A pure room holds no state: `{{name}}` remembers where it matched last (flag g or y).',
      change: 'A pure room holds no state: `{{name}}` belongs to the module and is changed here.',
    },
  },
  create(context) {
    /** The module's own variable that an expression like `a.b[c]` begins with. */
    const moduleVariable = (node) => {
      let object = node;
      while (object.type === 'MemberExpression' || object.type === 'TSNonNullExpression') {
        object = object.object ?? object.expression;
      }
      if (object.type !== 'Identifier') return undefined;
      let scope = context.sourceCode.getScope(object);
      while (scope !== null && !scope.set.has(object.name)) scope = scope.upper;
      const variable = scope?.set.get(object.name);
      const [definition] = variable?.defs ?? [];
      if (scope?.type === 'module') {
        return definition?.type === 'ImportBinding' ? undefined : variable;
      }
      // `const alias = MODULE_CONSTANT`: what is done to one is done to the other.
      const isConstant = definition?.type === 'Variable' && definition.parent.kind === 'const';
      const init = isConstant ? definition.node.init : undefined;
      return init == null ? undefined : moduleVariable(init);
    };
    const reportChange = (node, target) => {
      const variable = moduleVariable(target);
      if (variable === undefined) return;
      context.report({ node, messageId: 'change', data: { name: variable.name } });
    };
    return {
      'Program > VariableDeclaration[kind!="const"], Program > ExportNamedDeclaration > VariableDeclaration[kind!="const"]':
        (node) => context.report({ node, messageId: 'binding', data: { kind: node.kind } }),
      'PropertyDefinition[static=true][readonly!=true]': (node) =>
        context.report({ node, messageId: 'field' }),
      AssignmentExpression: (node) => {
        if (node.left.type === 'MemberExpression') reportChange(node, node.left);
      },
      UpdateExpression: (node) => {
        if (node.argument.type === 'MemberExpression') reportChange(node, node.argument);
      },
      'UnaryExpression[operator="delete"]': (node) => reportChange(node, node.argument),
      'CallExpression > MemberExpression.callee': (node) => {
        const isOfObject = ['Object', 'Reflect'].includes(node.object.name);
        const [target] = node.parent.arguments;
        if (isOfObject && OBJECT_MUTATORS.has(node.property.name) && target !== undefined) {
          reportChange(node, target);
        } else if (MUTATORS.has(node.property.name)) reportChange(node, node.object);
        if (!['exec', 'test'].includes(node.property.name)) return;
        const variable = moduleVariable(node.object);
        const flags = variable?.defs[0]?.node.init?.regex?.flags ?? '';
        if (/[gy]/.test(flags)) {
          context.report({ node, messageId: 'regExp', data: { name: variable.name } });
        }
      },
    };
  },
};

export default { rules: { arrows, 'node-home': nodeHome, 'no-module-state': noModuleState } };

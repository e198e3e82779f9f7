// Lints sources that are not on disk, with the project's configuration but the rules that need types.
// In: {path: source} as JSON on stdin; out: {path: [rule, …]}.
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const eslint = new ESLint({
  overrideConfig: [
    { files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked },
    { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } },
  ],
});
const found = {};
for (const [path, source] of Object.entries(JSON.parse(await text(process.stdin)))) {
  const [result] = await eslint.lintText(source, { filePath: path });
  found[path] = result.messages.map(({ ruleId, message }) => ruleId ?? message);
}
process.stdout.write(JSON.stringify(found));

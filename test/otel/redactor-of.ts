// A redactor of settings, as the extension reads them.
import { createEnvironment } from '../../src/environment';
import { compilePattern } from '../../src/node/compile-pattern';
import { Redactor } from '../../src/otel/redaction';
import { readRedactionRules } from '../../src/otel/redaction-rules';

/** What the variables say, and what is said of them. */
export function readRules(variables: Record<string, string>) {
  const warnings: string[] = [];
  const say = () => undefined;
  const diagnostics = {
    error: say,
    warn: (text: string) => warnings.push(text),
    info: say,
    debug: say,
  };
  const rules = readRedactionRules(createEnvironment(variables, diagnostics), compilePattern);
  return { rules, warnings };
}

export function redactorOf(variables: Record<string, string>): Redactor {
  const { rules } = readRules(variables);
  if (rules === undefined) throw new Error('expected rules');
  return new Redactor(rules);
}

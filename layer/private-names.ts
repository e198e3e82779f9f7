// Which members of our classes may be given short names: those that are `private` wherever they are declared
// and reached through `this` only. Only names that no package in the bundle has as a word qualify, so that
// renaming them in the whole bundle cannot touch anything else.
import { readFileSync } from 'node:fs';
import ts from 'typescript';

interface Names {
  readonly hidden: Set<string>;
  readonly seen: Set<string>;
}

function isPrivate(node: ts.Node): boolean {
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
}

/** `name` names a member of an object here, though not of `this`. */
function isOpenMember(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.name === name && parent.expression.kind !== ts.SyntaxKind.ThisKeyword;
  }
  if (ts.isBindingElement(parent)) {
    return (
      ts.isObjectBindingPattern(parent.parent) && (parent.propertyName ?? parent.name) === name
    );
  }
  if (ts.isParameter(parent)) return parent.name === name && parent.modifiers !== undefined;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  const isMember =
    ts.isPropertyAssignment(parent) || ts.isTypeElement(parent) || ts.isClassElement(parent);
  return isMember && parent.name === name;
}

function collect(node: ts.Node, names: Names): void {
  if (ts.isStringLiteralLike(node)) names.seen.add(node.text);
  if (ts.isIdentifier(node)) {
    const { parent } = node;
    const isDeclared =
      (ts.isClassElement(parent) || ts.isParameter(parent)) && parent.name === node;
    if (isDeclared && isPrivate(parent)) names.hidden.add(node.text);
    else if (isOpenMember(node)) names.seen.add(node.text);
  }
  node.forEachChild((child) => collect(child, names));
}

/** `paths`: every source of the bundle. */
export function privateNames(paths: Iterable<string>): readonly string[] {
  const names: Names = { hidden: new Set(), seen: new Set() };
  for (const path of paths) {
    const text = readFileSync(path, 'utf8');
    if (path.includes('/node_modules/'))
      for (const word of text.match(/\w+/g) ?? []) names.seen.add(word);
    else collect(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true), names);
  }
  return [...names.hidden].filter((name) => !names.seen.has(name) && name.length > 2).sort();
}

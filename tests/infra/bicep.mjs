// Reads the Bicep files of a folder and says, a line each, what is wrong with them; or prints the app settings that they give, with
// the text of each one's value; or the names of the tables.
//
//   node bicep.mjs check|settings|tables <folder>
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { Language, Parser } from 'web-tree-sitter';

const [, , command, folder] = process.argv;
await Parser.init();
const grammar = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm');
const parser = new Parser();
parser.setLanguage(await Language.load(grammar));

// The built-in functions of Bicep that these files may use (its documentation, "Bicep functions").
const builtIn = new Set([
  'allowed', 'az', 'concat', 'contains', 'deployment', 'description', 'empty', 'environment', 'format', 'guid', 'join', 'length',
  'max', 'maxLength', 'maxValue', 'metadata', 'min', 'minLength', 'minValue', 'readEnvironmentVariable', 'replace',
  'resourceGroup', 'resourceId', 'secure', 'subscription', 'subscriptionResourceId', 'sys', 'take', 'tenant', 'toLower',
  'toUpper', 'union', 'uniqueString',
]);

const files = new Map();
for (const name of fs.readdirSync(folder, { recursive: true }).map(String).sort()) {
  if (/\.bicep(param)?$/.test(name)) files.set(path.normalize(name), read(path.normalize(name)));
}

if (command === 'settings') for (const [name, value] of settings()) console.log(`${name}=${value.text}`);
else if (command === 'tables') for (const name of tables()) console.log(name);
else for (const file of files.values()) for (const problem of problemsOf(file)) console.log(problem);

function read(name) {
  let text = fs.readFileSync(path.join(folder, name), 'utf8');
  const isParameters = name.endsWith('.bicepparam');
  // The grammar knows no assignment of a parameter. It has the shape of a variable's.
  if (isParameters) text = text.replace(/^param (\w+) =/gm, 'var $1 =');
  const root = parser.parse(text).rootNode;
  const file = { name, root, isParameters, symbols: new Map(), params: new Map(), outputs: new Set(), modules: new Map(), variables: new Map() };
  for (const node of root.namedChildren) declare(file, node);
  return file;
}

function declare(file, node) {
  const [symbol] = node.namedChildren;
  switch (node.type) {
    case 'parameter_declaration':
      file.params.set(symbol.text, {
        type: node.namedChildren[1].text, isRequired: node.namedChildCount === 2, bounds: boundsOf(node.previousNamedSibling),
      });
      break;
    case 'variable_declaration':
      file.variables.set(symbol.text, node.namedChildren[1]);
      break;
    case 'module_declaration':
      file.modules.set(symbol.text, { path: textOf(node.namedChildren[1]), body: objectIn(node.lastNamedChild) });
      break;
    case 'output_declaration':
      file.outputs.add(symbol.text);
      return;
    case 'using_statement':
      file.using = textOf(symbol);
      return;
    case 'resource_declaration':
      break;
    default:
      return;
  }
  file.symbols.set(symbol.text, node);
}

function* problemsOf(file) {
  const errors = errorsIn(file.root);
  if (errors.length > 0) return yield `${at(file, errors[0])}: this is not Bicep: ${errors[0].text.split('\n')[0].slice(0, 60)}`;
  if (file.isParameters) return yield* parameterFile(file);
  for (const [name, module] of file.modules) yield* moduleCall(file, name, module);
  const used = new Set();
  for (const node of file.root.namedChildren) yield* unresolved(file, node, new Set(), used);
  for (const name of [...file.params.keys(), ...file.variables.keys()])
    if (!used.has(name)) yield `${file.name}: ${name} is used nowhere`;
}

function* parameterFile(file) {
  const target = files.get(path.normalize(path.join(path.dirname(file.name), file.using ?? '')));
  if (!target) return yield `${file.name}: it uses ${file.using}, which is not there`;
  yield* given(file, target, file.variables);
}

function* moduleCall(file, name, module) {
  const target = files.get(path.normalize(path.join(path.dirname(file.name), module.path)));
  if (!target) return yield `${file.name}: module ${name} is ${module.path}, which is not there`;
  const params = propertiesOf(module.body).get('params');
  yield* given(file, target, params ? propertiesOf(params) : new Map());
}

function* given(file, target, values) {
  for (const [name, value] of values) {
    const wanted = target.params.get(name);
    if (!wanted) yield `${at(file, value)}: ${target.name} has no parameter ${name}`;
    else if (typeOf(file, value) && typeOf(file, value) !== wanted.type)
      yield `${at(file, value)}: ${name} of ${target.name} is a ${wanted.type}, not a ${typeOf(file, value)}`;
    else if (!isWithin(wanted.bounds, value)) yield `${at(file, value)}: ${name} of ${target.name} cannot be ${value.text}`;
  }
  for (const [name, { isRequired }] of target.params)
    if (isRequired && !values.has(name)) yield `${file.name}: ${target.name} needs the parameter ${name}`;
}

// What the decorators above a parameter let it be.
function boundsOf(node) {
  if (node?.type !== 'decorators') return {};
  return Object.fromEntries(node.namedChildren.map((decorator) => {
    const [call] = decorator.namedChildren;
    return [call.namedChildren[0].text, call.namedChildren[1].namedChildren[0]];
  }));
}

// Whether a value fits; one that is no literal may.
function isWithin({ allowed, minValue, maxValue, minLength, maxLength }, value) {
  if (value.type !== 'string' && value.type !== 'number') return true;
  if (allowed) return allowed.namedChildren.some((one) => one.text === value.text);
  const size = value.type === 'number' ? Number(value.text) : textOf(value).length;
  const [least, most] = value.type === 'number' ? [minValue, maxValue] : [minLength, maxLength];
  return size >= Number(least?.text ?? 0) && size <= Number(most?.text ?? Infinity);
}

// The type of an expression, where it can be seen; undefined elsewhere.
function typeOf(file, node) {
  switch (node.type) {
    case 'string': return 'string';
    case 'number': return 'int';
    case 'boolean': return 'bool';
    case 'array': return 'array';
    case 'object': return 'object';
    case 'identifier': return file.params.get(node.text)?.type;
    default: return undefined;
  }
}

function* unresolved(file, node, locals, used) {
  if (node.type === 'for_statement') {
    locals = new Set(locals);
    for (const one of descend(node, (child) => /^loop_(variable|enumerator)$/.test(child.type))) locals.add(one.text);
    // `[for name in names: ...]` has its variable as the first identifier.
    const [first] = node.namedChildren;
    if (first.type === 'identifier' || first.type === 'loop_variable') locals.add(first.text);
  }
  if (node.type === 'member_expression') yield* outputOf(file, node);
  if (node.type === 'identifier' && isReference(node)) {
    const name = node.text;
    used.add(name);
    if (!locals.has(name) && !file.symbols.has(name) && !builtIn.has(name)) yield `${at(file, node)}: ${name} is nothing here`;
  }
  for (const child of node.namedChildren) yield* unresolved(file, child, locals, used);
}

// module.outputs.name
function* outputOf(file, node) {
  const match = /^(\w+)!?\.outputs\.(\w+)$/.exec(node.text);
  const module = match && file.modules.get(match[1]);
  if (!module) return;
  const target = files.get(path.normalize(path.join(path.dirname(file.name), module.path)));
  if (target && !target.outputs.has(match[2])) yield `${at(file, node)}: ${target.name} has no output ${match[2]}`;
}

// An identifier that names a value, and neither a declaration nor a property.
function isReference(node) {
  const parent = node.parent;
  if (/_declaration$/.test(parent.type)) return parent.namedChildren[0].id !== node.id;
  if (parent.type === 'object_property') return parent.namedChildren[0].id !== node.id;
  return parent.type !== 'type' && parent.type !== 'for_loop_parameters';
}

function settings() {
  for (const [file, resource] of resources('Microsoft.Web/sites/config')) {
    const properties = propertiesOf(objectIn(resource.lastNamedChild));
    if (textOf(properties.get('name')) === 'appsettings') return entriesOf(file, properties.get('properties'));
  }
  throw new Error('No app settings were found.');
}

function tables() {
  for (const [file, resource] of resources('Microsoft.Storage/storageAccounts/tableServices/tables')) {
    const loop = resource.lastNamedChild;
    const over = descend(loop, (child) => child.type === 'identifier').find((name) => file.variables.has(name.text));
    return file.variables.get(over.text).namedChildren.map(textOf);
  }
  throw new Error('No tables were found.');
}

function* resources(type) {
  for (const file of files.values())
    for (const node of file.symbols.values())
      if (node.type === 'resource_declaration' && textOf(node.namedChildren[1]).startsWith(`${type}@`)) yield [file, node];
}

// The members of an object, or of all objects that an expression can evaluate to.
function entriesOf(file, node) {
  if (node.type === 'object') return propertiesOf(node);
  if (node.type === 'identifier') return file.variables.has(node.text) ? entriesOf(file, file.variables.get(node.text)) : new Map();
  const parts = node.type === 'call_expression' ? node.namedChildren[1].namedChildren
    : node.type === 'ternary_expression' ? node.namedChildren.slice(1)
    : [];
  return new Map(parts.flatMap((part) => [...entriesOf(file, part)]));
}

function propertiesOf(object) {
  return new Map(object.namedChildren
    .filter((child) => child.type === 'object_property')
    .map((child) => [child.namedChildren[0].type === 'string' ? textOf(child.namedChildren[0]) : child.namedChildren[0].text, child.namedChildren[1]]));
}

function objectIn(node) {
  return node.type === 'object' ? node : descend(node, (child) => child.type === 'object')[0];
}

function descend(node, fits) {
  return node.namedChildren.flatMap((child) => fits(child) ? [child] : descend(child, fits));
}

function errorsIn(node) {
  if (node.isError || node.isMissing) return [node];
  return node.hasError ? node.children.flatMap(errorsIn) : [];
}

function textOf(node) {
  return node ? node.text.replace(/^'|'$/g, '') : undefined;
}

function at(file, node) {
  return `${file.name}:${node.startPosition.row + 1}`;
}

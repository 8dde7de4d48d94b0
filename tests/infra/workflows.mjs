// Reads the workflows of a folder and azure.yaml, and says, a line each, what is wrong with them. Run in the project's folder.
//
//   node workflows.mjs [<folder>]
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const [, , folder = '.github/workflows'] = process.argv;
const pinned = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;
const onMain = "github.ref == 'refs/heads/main'";
const bicepOutputs = new Set([...fs.readFileSync('infra/bicep/main.bicep', 'utf8').matchAll(/^output (\w+) /gm)].map(([, name]) => name));
// Paths of the project, as commands and filters write them.
const paths = /(?<![\w./-])(?:\.\/)?((?:src|infra|tests|\.ci|\.github)\/[\w./-]*\w)/g;
const workflows = new Map();

for (const name of fs.readdirSync(folder).sort()) for (const problem of read(name)) console.log(problem);
for (const [name, workflow] of workflows) for (const problem of [...problemsOf(name, workflow), ...deployment(name, workflow)]) console.log(problem);
for (const problem of azd('azure.yaml')) console.log(problem);

function* read(name) {
  try {
    workflows.set(name, parse(fs.readFileSync(path.join(folder, name), 'utf8')));
  } catch (fault) {
    yield `${path.join(folder, name)}: ${fault.message.split('\n')[0]}`;
  }
}

function* problemsOf(name, workflow) {
  const file = path.join(folder, name);
  const text = fs.readFileSync(file, 'utf8');
  if (!isEmpty(workflow.permissions)) yield `${file}: permissions must be {}, and each job ask for what it needs`;
  if (/secrets\s*[.[:]/.test(text)) yield `${file}: it uses a secret; Azure is entered by OIDC federation`;
  // These give the code of a pull request the rights of main.
  for (const trigger of triggersOf(workflow)) if (/^(pull_request_target|workflow_run)$/.test(trigger)) yield `${file}: ${trigger} starts it`;
  yield* missing(file, text);
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const at = `${file}, ${name}`;
    if (!job.permissions) yield `${at}: it asks for no permissions of its own`;
    if (typeof job.permissions === 'string') yield `${at}: it asks for every permission`;
    for (const needed of [job.needs ?? []].flat()) if (!workflow.jobs[needed]) yield `${at}: it needs ${needed}, which is not there`;
    if (job.uses) {
      yield* call(at, job);
      continue;
    }
    if (job.permissions?.['id-token'] && !job.environment) yield `${at}: it can sign in, and no environment confines it`;
    if (!job['timeout-minutes']) yield `${at}: it has no timeout`;
    for (const step of job.steps) yield* problemsOfStep(at, step, job, text);
    // The rules of the compiler that az would install depend on the date.
    const commands = job.steps.map(commandsOf).join('\n');
    const deployed = commands.indexOf('az deployment ');
    if (deployed >= 0 && !commands.slice(0, deployed).includes('.ci/bicep')) yield `${at}: it compiles Bicep files without .ci/bicep`;
  }
}

function* problemsOfStep(at, step, job, text) {
  const action = step.uses?.split('@')[0];
  if (step.uses && !pinned.test(step.uses)) yield `${at}: ${step.uses} is not pinned by its commit`;
  if (step.uses && !new RegExp(`${step.uses.replaceAll('.', '\\.')} # v\\d+\\.\\d+\\.\\d+\\n`).test(text)) yield `${at}: ${step.uses} does not say its version`;
  if (action === 'actions/checkout' && step.with?.['persist-credentials'] !== false) yield `${at}: the checkout keeps its token for later steps`;
  // A pull request can write to the cache that main reads.
  if (/^actions\/cache(\/|$)/.test(action) || isSet(step.with?.cache)) yield `${at}: it uses a cache`;
  if (action === 'actions/setup-node' && step.with?.['package-manager-cache'] !== false) yield `${at}: setup-node can use a cache`;
  // What is asked of a deployment: `jq -r .address.value`.
  for (const [, name] of (step.run ?? '').matchAll(/jq -r \.(\w+)\.value/g))
    if (!bicepOutputs.has(name)) yield `${at}: infra/bicep/main.bicep has no output ${name}`;
  for (const [, id, name] of JSON.stringify(step).matchAll(/steps\.(\w+)\.outputs\.(\w+)/g))
    if (!commandsOf(job.steps.find((other) => other.id === id)).includes(`"${name}=`)) yield `${at}: no step ${id} has an output ${name}`;
  // What somebody else can name must not become part of a command. Variables of the environment are passed instead.
  if (/\$\{\{/.test(`${step.run} ${action === 'actions/github-script' ? step.with.script : ''}`)) yield `${at}: a command is made of an expression`;
  // A lock file or an exact version.
  if (/\b(npm (i|install|add|exec)|npx) /.test(step.run) || /\bpipx run (?!\S+==|--spec \S+==)/.test(step.run))
    yield `${at}: it installs what no lock file or version names`;
}

// Only main is deployed, and only after every other job of the workflow has succeeded: no other workflow starts a deployment.
function* deployment(name, workflow) {
  if (!deploys(workflow)) return;
  const file = path.join(folder, name);
  const isCalled = triggersOf(workflow).join() === 'workflow_call';
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const at = `${file}, ${name}`;
    if (!deploysItself(job) && !workflows.has(calledBy(job))) continue;
    if (deploysItself(job) && !job.if?.includes(onMain)) yield `${at}: any branch can deploy to ${job.environment}`;
    if (isCalled) continue;
    if (!Object.values(workflow.jobs).some((other) => other.steps?.some((step) => step.run === '.ci/run'))) yield `${at}: it deploys what was not tested`;
    if (!job.if?.includes(onMain)) yield `${at}: any branch can be deployed`;
    if (/\b(always|failure|cancelled)\b|\|\|/.test(job.if)) yield `${at}: it deploys after a job that failed`;
    for (const [other, { if: condition, 'continue-on-error': goesOn, steps }] of Object.entries(workflow.jobs)) {
      if (other === name) continue;
      if (![job.needs ?? []].flat().includes(other)) yield `${at}: it deploys without waiting for ${other}`;
      if (condition) yield `${file}, ${other}: the deployment needs it, and it has a condition`;
      if (goesOn || steps?.some((step) => step['continue-on-error'])) yield `${file}, ${other}: the deployment needs it, and it can succeed in spite of an error`;
    }
  }
}

function deploys(workflow) {
  return Object.values(workflow?.jobs ?? {}).some((job) => deploysItself(job) || deploys(workflows.get(calledBy(job))));
}

function deploysItself(job) {
  return job.environment && job.environment !== 'dev-what-if';
}

function calledBy(job) {
  return job.uses?.startsWith('./.github/workflows/') ? path.basename(job.uses) : undefined;
}

// A called workflow of this project must exist, declare the inputs that it gets, and get the inputs that it requires.
function* call(at, job) {
  const called = workflows.get(calledBy(job));
  if (!triggersOf(called).includes('workflow_call')) return yield `${at}: ${job.uses} cannot be called`;
  const inputs = called.on.workflow_call?.inputs ?? {};
  for (const name of Object.keys(job.with ?? {})) if (!inputs[name]) yield `${at}: ${job.uses} takes no ${name}`;
  for (const [name, input] of Object.entries(inputs)) if (input.required && !(name in (job.with ?? {}))) yield `${at}: ${job.uses} needs ${name}`;
}

function* azd(file) {
  const project = parse(fs.readFileSync(file, 'utf8'));
  // azd takes the parameter file of this name, or else the module, and asks for its parameters.
  const module = ['.bicepparam', '.bicep'].map((end) => path.join(project.infra.path, project.infra.module + end));
  if (!module.some((one) => fs.existsSync(one))) yield `${file}: there is no ${module.join(' or ')}`;
  for (const [name, service] of Object.entries(project.services)) {
    if (!fs.existsSync(service.project)) yield `${file}: there is no ${service.project}`;
    if (!fs.readFileSync('infra/bicep/modules/functionApp.bicep', 'utf8').includes(`'azd-service-name': '${name}'`))
      yield `${file}: no resource has the tag azd-service-name ${name}`;
    if (service.remoteBuild !== false) yield `${file}: ${name} is built again in Azure`;
  }
}

function* missing(file, text) {
  for (const [, name] of text.matchAll(paths)) {
    // infra/** and deploy*.yml are patterns; what is before the star must be there.
    if (!fs.existsSync(name) && !fs.readdirSync(path.dirname(name)).some((other) => other.startsWith(path.basename(name))))
      yield `${file}: ${name} is not there`;
  }
}

// The commands of a step, with those of the scripts that it runs.
function commandsOf(step) {
  const scripts = [...(step?.run ?? '').matchAll(/^\.ci\/\S+/gm)].map(([name]) => name);
  return [step?.run ?? '', ...scripts.filter((name) => fs.existsSync(name)).map((name) => fs.readFileSync(name, 'utf8'))].join('\n');
}

function triggersOf(workflow) {
  const on = workflow?.on ?? [];
  return typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(on);
}

function isSet(value) {
  return value !== undefined && value !== false && value !== '';
}

function isEmpty(value) {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

// Reads the workflows of a folder and azure.yaml, and says, a line each, what is wrong with them. Run in the project's folder.
//
//   node workflows.mjs [<folder>]
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const [, , folder = '.github/workflows'] = process.argv;
const pinned = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;
const bicepOutputs = new Set([...fs.readFileSync('infra/bicep/main.bicep', 'utf8').matchAll(/^output (\w+) /gm)].map(([, name]) => name));
// Paths of the project, as commands and filters write them.
const paths = /(?<![\w./-])(?:\.\/)?((?:src|infra|tests|\.ci|\.github)\/[\w./-]*\w)/g;

for (const name of fs.readdirSync(folder).sort()) for (const problem of problemsOf(path.join(folder, name))) console.log(problem);
for (const problem of azd('azure.yaml')) console.log(problem);

function* problemsOf(file) {
  const text = fs.readFileSync(file, 'utf8');
  let workflow;
  try {
    workflow = parse(text);
  } catch (fault) {
    return yield `${file}: ${fault.message.split('\n')[0]}`;
  }
  if (!isEmpty(workflow.permissions)) yield `${file}: permissions must be {}, and each job ask for what it needs`;
  if (/secrets\s*[.[:]/.test(text)) yield `${file}: it uses a secret; Azure is entered by OIDC federation`;
  yield* missing(file, text);
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const at = `${file}, ${name}`;
    if (!job.permissions) yield `${at}: it asks for no permissions of its own`;
    for (const needed of [job.needs ?? []].flat()) if (!workflow.jobs[needed]) yield `${at}: it needs ${needed}, which is not there`;
    if (job.uses) {
      yield* call(at, job);
      continue;
    }
    if (job.environment && job.environment !== 'dev-what-if' && !job.if?.includes("github.ref == 'refs/heads/main'"))
      yield `${at}: any branch can deploy to ${job.environment}`;
    if (!job['timeout-minutes']) yield `${at}: it has no timeout`;
    for (const step of job.steps) {
      if (step.uses && !pinned.test(step.uses)) yield `${at}: ${step.uses} is not pinned by its commit`;
      if (step.uses && !new RegExp(`${step.uses.replaceAll('.', '\\.')} # v\\d+\\.\\d+\\.\\d+\\n`).test(text)) yield `${at}: ${step.uses} does not say its version`;
      // What is asked of a deployment: `jq -r .address.value`.
      for (const [, name] of (step.run ?? '').matchAll(/jq -r \.(\w+)\.value/g))
        if (!bicepOutputs.has(name)) yield `${at}: infra/bicep/main.bicep has no output ${name}`;
      for (const [, id, name] of JSON.stringify(step).matchAll(/steps\.(\w+)\.outputs\.(\w+)/g))
        if (!job.steps.find((other) => other.id === id)?.run?.includes(`"${name}=`)) yield `${at}: no step ${id} has an output ${name}`;
      // What somebody else can name must not become part of a command.
      if (/\$\{\{\s*(github\.event|github\.head_ref|inputs\.)/.test(step.run ?? '')) yield `${at}: a command is made of an expression`;
    }
  }
}

// A called workflow of this project must exist, declare the inputs that it gets, and get the inputs that it requires.
function* call(at, job) {
  const called = fs.existsSync(job.uses) ? parse(fs.readFileSync(job.uses, 'utf8')) : undefined;
  const inputs = called?.on?.workflow_call?.inputs;
  if (!inputs) return yield `${at}: ${job.uses} cannot be called`;
  for (const name of Object.keys(job.with ?? {})) if (!inputs[name]) yield `${at}: ${job.uses} takes no ${name}`;
  for (const [name, input] of Object.entries(inputs)) if (input.required && !(name in (job.with ?? {}))) yield `${at}: ${job.uses} needs ${name}`;
}

function* azd(file) {
  const project = parse(fs.readFileSync(file, 'utf8'));
  if (!fs.existsSync(path.join(project.infra.path, `${project.infra.module}.bicep`))) yield `${file}: there is no ${project.infra.module}.bicep`;
  for (const service of Object.values(project.services)) if (!fs.existsSync(service.project)) yield `${file}: there is no ${service.project}`;
}

function* missing(file, text) {
  for (const [, name] of text.matchAll(paths)) {
    // infra/** and deploy*.yml are patterns; what is before the star must be there.
    if (!fs.existsSync(name) && !fs.readdirSync(path.dirname(name)).some((other) => other.startsWith(path.basename(name))))
      yield `${file}: ${name} is not there`;
  }
}

function isEmpty(value) {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

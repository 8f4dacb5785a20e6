import { LocalWorkspace } from "@pulumi/pulumi/automation";
import * as postject from "pulumi-postject";

const projectName = "postject-self-service";

const HELP = `Creates an environment of mail servers for a team, and destroys it again.

Usage: npm start -- create <name> | destroy <name> | list`;

async function main([command, name]: string[]): Promise<void> {
  if (command === "list" && name === undefined) return list();
  if (command === "create" && name !== undefined) return create(name);
  if (command === "destroy" && name !== undefined) return destroy(name);
  throw new Error(HELP);
}

async function create(name: string): Promise<void> {
  const stack = await LocalWorkspace.createOrSelectStack({
    projectName,
    stackName: name,
    program: declare(name),
  });
  const { outputs } = await stack.up();
  for (const [key, id] of Object.entries(outputs.ids?.value ?? {})) console.log(`${key}: ${id}`);
}

async function destroy(name: string): Promise<void> {
  const stack = await LocalWorkspace.selectStack({ projectName, stackName: name, program: declare(name) });
  await stack.destroy({ remove: true });
  console.log(`destroyed ${name}`);
}

async function list(): Promise<void> {
  const workspace = await LocalWorkspace.create({
    projectSettings: { name: projectName, runtime: "nodejs" },
  });
  for (const { name } of await workspace.listStacks()) console.log(name);
}

/** The program of one environment. Only ids are printed; the tokens stay in its state, encrypted. */
const declare = (name: string) => async () => {
  const { servers } = new postject.Environment(name, {
    servers: { app: {}, newsletter: {} },
    deletionProtection: false,
  });
  return { ids: { app: servers.app.id, newsletter: servers.newsletter.id } };
};

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { VERSION } from "../../provider/spec";
import { makeArchives } from "../../tools/release/archives";
import { makeSdk } from "../../tools/release/sdks";
import { ROOT } from "../../tools/root";
import { linkPackages } from "../../tools/workspace";
import { onlyServer } from "../support/account";
import { useFolder, useReference, useWorkspace } from "../support/fixtures";

const reference = useReference();
const workspace = useWorkspace("docs/examples/server", { reference, bare: true });

const folder = useFolder({ per: "file" });

test("the engine has no complaint about the schema", async () => {
  const schema = path.join(ROOT, "sdk/schema.json");
  const { exitCode, stdout, stderr } = await workspace.pulumi(["schema", "check", schema]);
  expect({ exitCode, printed: stdout + stderr }).toEqual({ exitCode: 0, printed: "" });
});

/** `makeSdk` compiles the programs of docs/examples with the SDK. Go takes too long: see CONTRIBUTING.md. */
for (const { language, programs } of [
  { language: "python", programs: ["python3"] },
  { language: "java", programs: ["javac", "mvn"] },
] as const) {
  const missing = programs.filter((program) => spawnSync(program, ["--version"]).error !== undefined);
  const name = `the SDK for ${language} shows every example, and they compile with it`;
  (missing.length > 0 ? test.skip : test)(
    missing.length > 0 ? `${name} (skipped: no ${missing[0]} on PATH)` : name,
    async () => expect(path.basename(await makeSdk(language, folder.path))).toContain(VERSION),
  );
}

test("a program with the Node.js SDK finds the installed plugin by its name and version", async () => {
  const sdk = await makeSdk("nodejs", folder.path);
  linkPackages(workspace.folder);
  const modules = path.join(workspace.folder, "node_modules");
  execFileSync("tar", ["-xzf", sdk, "-C", modules]);
  renameSync(path.join(modules, "package"), path.join(modules, "pulumi-postject-sdk"));
  const write = (file: string, text: string) => writeFileSync(path.join(workspace.folder, file), text);
  write("package.json", '{ "main": "index.ts" }');
  write("Pulumi.yaml", "name: mail\nruntime: nodejs\n");
  const program = readFileSync(path.join(workspace.folder, "index.ts"), "utf8");
  write("index.ts", program.replace('"pulumi-postject"', '"pulumi-postject-sdk"'));
  const archive = makeArchives(folder.path).find((file) => file.includes("linux-amd64")) ?? "";
  await workspace.mustPulumi(["plugin", "install", "resource", "postject", VERSION, "--file", archive]);
  await workspace.mustPulumi(["stack", "init", "dev"]);
  await workspace.mustPulumi(["up", "--yes", "--skip-preview"]);
  expect(onlyServer(reference).name).toBe("Production App");
  const { deployment } = JSON.parse(await workspace.mustPulumi(["stack", "export"]));
  const provider = deployment.resources.find(
    ({ type }: { type: string }) => type === "pulumi:providers:postject",
  );
  expect(provider.inputs).toMatchObject({ version: VERSION });
  await workspace.mustPulumi(["destroy", "--yes", "--skip-preview"], {
    POSTJECT_DELETION_PROTECTION: "false",
  });
  expect(reference.servers()).toEqual([]);
});

import { configuration, PACKAGE_NAME, VERSION } from "../spec";
import { examples, languages, readProgram, renderFence } from "./examples";

// Sections of docs/_index.md, in the form that Pulumi's registry asks for: docs/overview-page.md in
// github.com/pulumi/registry.

/** Where Pulumi finds the release archives. */
export const REPOSITORY = "pulumi-postject/pulumi-postject";
export const PLUGIN_DOWNLOAD_URL = `github://api.github.com/${REPOSITORY}`;

export const INSTALL_PLUGIN = `pulumi plugin install resource ${PACKAGE_NAME} ${VERSION} --server ${PLUGIN_DOWNLOAD_URL}`;

/** Generates the SDK of the project's language from the plugin. */
const ADD_PACKAGE = renderFence("sh", `${INSTALL_PLUGIN}\npulumi package add ${PACKAGE_NAME}@${VERSION}\n`);

const HCL = `terraform {
  required_providers {
    ${PACKAGE_NAME} = {
      source  = "pulumi/${PACKAGE_NAME}"
      version = "${VERSION}"
    }
  }
}
`;

/** What to run in each language. Only the SDKs for TypeScript and Python are in a package registry. */
export function renderInstallation(): string {
  return renderChooser({
    typescript: renderFence("sh", "npm install pulumi-postject @pulumi/pulumi\n"),
    python: renderFence("sh", "pip install pulumi_postject\n"),
    go: ADD_PACKAGE,
    csharp: ADD_PACKAGE,
    java: ADD_PACKAGE,
    yaml: ADD_PACKAGE,
    hcl: [renderFence("hcl", HCL), renderFence("sh", `${INSTALL_PLUGIN}\npulumi install\n`)].join("\n"),
  });
}

/** The program of a server and its token. */
export function renderExample(): string {
  const { folder } = examples.server;
  return renderChooser(
    Object.fromEntries(
      languages.map(({ name, file }) => [name, renderFence(name, readProgram(folder, file))]),
    ),
  );
}

/** Every parameter by its bare name, whether it is required and secret, and the variable that gives it. */
export function renderConfigurationList(): string {
  const items = Object.entries(configuration).map(([key, field]) => {
    const marks = [key === "accessToken" ? "Required" : "Optional", ...("secret" in field ? ["Secret"] : [])];
    const variable = "env" in field ? ` Environment variable: \`${field.env}\`.` : "";
    const unset = "default" in field ? ` Default: \`${field.default}\`.` : "";
    return `- \`${key}\` (${marks.join(", ")}): ${field.description}${variable}${unset}`;
  });
  return items.join("\n");
}

/** What a reader sees of each language; the site shows one at a time. */
function renderChooser(choices: Readonly<Record<string, string>>): string {
  const choosable = Object.entries(choices).map(
    ([language, text]) => `{{% choosable language ${language} %}}\n\n${text}\n{{% /choosable %}}`,
  );
  const names = Object.keys(choices).join(",");
  return `{{< chooser language "${names}" >}}\n${choosable.join("\n")}\n{{< /chooser >}}`;
}

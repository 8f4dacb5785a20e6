/** The package ships no types; what a text holds is for the reader to find out. */
declare module "js-yaml" {
  export function load(text: string): unknown;
  export function loadAll(text: string): unknown[];
}

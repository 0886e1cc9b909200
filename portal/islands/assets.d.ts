// The URL of a built style sheet.
declare module "*.css?url" {
  const url: string;
  export default url;
}

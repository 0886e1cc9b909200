// Starts the replica set, and creates an account for each service on its own database only. It can be run again.
const fs = require("fs");
const secret = (name) => fs.readFileSync(`${process.env.SECRETS_DIR ?? "/run/secrets"}/${name}`, "utf8");
// Stripped as the entry point of the image does: only of newlines at its end.
const root = encodeURIComponent(secret("mongo_root_password").replace(/\n+$/, ""));
// Decoded as the driver of the services does: percent-decoded, with a plus sign as a space.
const passwordOf = (url) => decodeURIComponent(new URL(url.trim()).password.replaceAll("+", " "));

const admin = connect(`mongodb://root:${root}@mongo:27017/admin?directConnection=true`);
try {
  admin.adminCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] } });
} catch (refusal) {
  if (refusal.codeName !== "AlreadyInitialized") throw refusal;
}
while (!admin.adminCommand({ hello: 1 }).isWritablePrimary) sleep(200);

for (const service of ["auth", "upload", "propagation", "notify", "download"]) {
  const database = admin.getSiblingDB(service);
  const account = { pwd: passwordOf(secret(`${service}_mongo_url`)), roles: [{ role: "readWrite", db: service }] };
  if (database.getUser(service)) database.updateUser(service, account);
  else database.createUser({ user: service, ...account });
}

// Starts the replica set and gives each service an account on its own database alone. A second run changes nothing.
const fs = require("fs");
const secret = (name) => fs.readFileSync(`/run/secrets/${name}`, "utf8").trim();

const admin = connect(`mongodb://root:${secret("mongo_root_password")}@mongo:27017/admin?directConnection=true`);
try {
  admin.adminCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] } });
} catch (refusal) {
  if (refusal.codeName !== "AlreadyInitialized") throw refusal;
}
while (!admin.adminCommand({ hello: 1 }).isWritablePrimary) sleep(200);

for (const service of ["auth", "upload", "propagation", "notify", "download"]) {
  const password = new URL(secret(`${service}_mongo_url`)).password;
  const database = admin.getSiblingDB(service);
  const account = { pwd: password, roles: [{ role: "readWrite", db: service }] };
  if (database.getUser(service)) database.updateUser(service, account);
  else database.createUser({ user: service, ...account });
}

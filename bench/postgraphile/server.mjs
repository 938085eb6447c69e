// PostGraphile as its own guide sets it up for production: no GraphiQL, no introspection extras,
// one process. Usage: node server.mjs PORT POOL_SIZE, with DATABASE_URL in the environment.
import { createServer } from "node:http";
import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [port, poolSize] = process.argv.slice(2).map(Number);

const preset = {
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
  grafserv: { port, graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: { explain: false },
  schema: { defaultBehavior: "-insert -update -delete" },
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: poolSize },
    }),
  ],
};

const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
const service = postgraphile(preset).createServ(grafserv);
await service.addTo(server);
server.listen(port, "127.0.0.1");

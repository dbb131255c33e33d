// After the logout a refresh has to fail; how it fails is said.
import { client, configuration, rest, say } from "./provider.mjs";

try {
  await client.refreshTokenGrant(configuration, rest[0]);
  say({ error: "" });
} catch (refused) {
  say({ error: refused.error });
}

// An agent's mailboxes as imapflow uses them: list, append, search, flag, move, and hear of a letter while idle.
import { ImapFlow } from "imapflow";

const [host, port, user, pass, subject] = process.argv.slice(2);
const client = new ImapFlow({
  host, port: Number(port), secure: true, auth: { user, pass }, logger: false, tls: { servername: "localhost" },
});
await client.connect();
const told = { uses: {} };
for (const box of await client.list()) if (box.specialUse) told.uses[box.specialUse] = box.path;

const letter = `From: ${user}\r\nTo: ${user}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n\r\nÉté.\r\n`;
await client.mailboxOpen("INBOX");
const exists = new Promise((resolve) => client.once("exists", resolve));
const appended = await client.append("INBOX", Buffer.from(letter), ["\\Seen"]);
await exists;
const found = await client.search({ header: { subject } }, { uid: true });
const message = await client.fetchOne(found[0], { envelope: true, flags: true, source: true, bodyStructure: true }, { uid: true });
told.found = found.length === 1 && found[0] === appended.uid;
told.subject = message.envelope.subject;
told.flags = [...message.flags].sort();
told.same = message.source.toString() === letter;
told.type = message.bodyStructure.type;
await client.messageFlagsAdd(found, ["\\Flagged"], { uid: true });
told.flagged = (await client.fetchOne(found[0], { flags: true }, { uid: true })).flags.has("\\Flagged");
const moved = await client.messageMove(found, "Trash", { uid: true });
told.moved = moved.uidMap.size === 1;
told.left = (await client.search({ header: { subject } }, { uid: true })).length;
told.status = await client.status("Trash", { messages: true, uidNext: true, highestModseq: true });
told.status.highestModseq = String(told.status.highestModseq);
await client.logout();
console.log(JSON.stringify(told, (_, value) => (typeof value === "bigint" ? String(value) : value)));

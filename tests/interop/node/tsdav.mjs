// An agent's calendars as tsdav uses them: discover from the address, make, write, query, expand, synchronise, delete.
import { createDAVClient, DAVNamespaceShort } from "tsdav";

const [serverUrl, username, password, name, uid] = process.argv.slice(2);
const credentials = { username, password };
const client = await createDAVClient({ serverUrl, credentials, authMethod: "Basic", defaultAccountType: "caldav" });
const told = {};
const home = (await client.fetchCalendars())[0].url.replace(/[^/]+\/$/, "");
const url = `${home}${name}/`;
const made = await client.makeCalendar({ url, props: { [`${DAVNamespaceShort.DAV}:displayname`]: "Fait par tsdav" } });
told.made = made[0].status;
const mine = async () => (await client.fetchCalendars()).find((each) => each.url === url);
let calendar = await mine();
told.title = calendar.displayName;
told.components = calendar.components;

const object = (summary) => [
  "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tsdav//FR", "BEGIN:VEVENT", `UID:${uid}`, "DTSTAMP:20261101T080000Z",
  "DTSTART:20261201T100000Z", "DTEND:20261201T110000Z", "RRULE:FREQ=DAILY;COUNT=3", `SUMMARY:${summary}`, "END:VEVENT",
  "END:VCALENDAR", "",
].join("\r\n");
const filename = `${uid}.ics`;
told.created = (await client.createCalendarObject({ calendar, filename, iCalString: object("Écrite") })).status;
told.again = (await client.createCalendarObject({ calendar, filename, iCalString: object("Écrasée") })).status;

const timeRange = { start: "2026-12-02T00:00:00Z", end: "2026-12-03T00:00:00Z" };
const [found] = await client.fetchCalendarObjects({ calendar, timeRange });
told.found = found.data.includes("SUMMARY:Écrite");
const [expanded] = await client.fetchCalendarObjects({ calendar, timeRange, expand: true });
told.expanded = [expanded.data.split("BEGIN:VEVENT").length - 1, expanded.data.includes("RRULE")];
const late = { start: "2026-12-10T00:00:00Z", end: "2026-12-11T00:00:00Z" };
told.outside = (await client.fetchCalendarObjects({ calendar, timeRange: late })).length;

// A copy that follows by sync-collection.
const copy = await client.smartCollectionSync({ collection: { ...calendar, objects: [], objectMultiGet: client.calendarMultiGet }, method: "webdav" });
told.copied = copy.objects.length;
told.updated = (await client.updateCalendarObject({ calendarObject: { ...found, data: object("Changée") } })).status;
told.stale = (await client.updateCalendarObject({ calendarObject: { ...found, data: object("Perdue") } })).status;
const changed = await client.smartCollectionSyncDetailed({ collection: copy, method: "webdav" });
told.changes = [changed.objects.created, changed.objects.updated, changed.objects.deleted].map((each) => each.length);
told.text = changed.objects.updated[0]?.data.includes("SUMMARY:Changée");
calendar = await mine();
told.dirty = (await client.isCollectionDirty({ collection: copy })).isDirty;

const [now] = await client.fetchCalendarObjects({ calendar });
told.deleted = (await client.deleteCalendarObject({ calendarObject: now })).status;
told.left = (await client.fetchCalendarObjects({ calendar })).length;
console.log(JSON.stringify(told));

"""The calendar of Debian's Thunderbird: dialogs are opened and saved as a person does, and what it shows is read."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.interop.thunderbird import Thunderbird

# The calendar is everybody's first; what it holds is asked of the program, not of the server.
MEANS = """
const {cal} = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const {CalEvent} = ChromeUtils.importESModule("resource:///modules/CalEvent.sys.mjs");
const agenda = () => cal.manager.getCalendars().find(one => one.uri.spec.endsWith("/agenda/"));
const items = async () => await agenda().getItemsAsArray(Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);
const titled = async title => (await items()).find(one => one.title == title);
const dialogs = () => [...Services.wm.getEnumerator("Calendar:EventDialog")];
const inside = dialog => dialog.document.getElementById("calendar-item-panel-iframe")?.contentWindow;
const opened = async open => {
  open();
  const dialog = await until(() => dialogs()[0], "a dialog");
  await until(() => inside(dialog)?.onLoad?.hasLoaded, "what is in the dialog");
  return dialog;
};
const saved = async (dialog, title) => {
  dialog.document.getElementById("button-saveandclose").click();
  await until(() => dialog.closed && !dialogs().length, "the end of the dialog");
  return await until(async () => (await titled(title))?.icalString, "what was saved");
};
"""
SEEN = """document.getElementById("calendarButton").click();
switchToView("multiweek");
goToDate(cal.createDateTime(args[0]));
const shown = () => all(document, "#multiweek-view calendar-month-day-box-item").filter(one => one.checkVisibility())
  .map(one => [one.item.startDate.icalString, one.item.title]).filter(one => !args[1] || one[1] == args[1]).sort();
await until(() => shown().length >= args[2], "events on the page");
return shown();"""
ATTENDEES = """agenda().refresh();
const wanted = args[1];
await until(async () => {
  const told = (await titled(args[0]))?.getAttendees() || [];
  if (Object.entries(wanted).every(([who, what]) =>
    told.some(one => one.id.endsWith(who) && one.participationStatus == what))) return true;
  await new Promise(done => setTimeout(done, 2000));
  agenda().refresh();
}, `answers ${JSON.stringify(wanted)}`);
const item = await titled(args[0]);
const dialog = await opened(() => modifyEventWithDialog(item, false));
const list = await until(() => {
  const found = [...inside(dialog).document.querySelectorAll(".attendee-label")];
  return found.length && found;
}, "attendees in the dialog");
return list.map(one => [one.textContent, one.querySelector(".itip-icon").getAttribute("partstat")]);"""
CLOSE = """for (const dialog of dialogs()) dialog.close();
await until(() => !dialogs().length, "the end of the dialog");"""


class Calendar:
    """What one person's Thunderbird shows and does of the calendar."""

    def __init__(self, program: Thunderbird, folder: Path) -> None:
        self._program, self._folder = program, folder

    def act(self, script: str, *given: object) -> Any:
        return self._program.act(MEANS + script, *given)

    def write(self, title: str, *lines: str) -> str:
        """Open the dialog of a new event with what is in it, save it, and return it as the program has it then."""
        ics = "\r\n".join(["BEGIN:VEVENT", f"SUMMARY:{title}", *lines, "END:VEVENT"])
        return str(
            self.act(
                """const dialog = await opened(() =>
                  createEventWithDialog(agenda(), null, null, null, new CalEvent(args[0])));
                return await saved(dialog, args[1]);""",
                ics, title,
            )
        )  # fmt: skip

    def move(self, title: str, day: date, by: timedelta) -> None:
        """One instance, as who drags it does."""
        self.act(
            """const item = await titled(args[0]), from = cal.createDateTime(args[1]), to = from.clone();
            to.day++;
            const [instance] = item.recurrenceInfo.getOccurrences(from, to, 0), moved = instance.clone();
            for (const which of ["startDate", "endDate"]) {
              moved[which] = moved[which].clone();
              moved[which].addDuration(cal.createDuration(args[2]));
            }
            doTransaction("modify", moved, agenda(), instance, null);""",
            title, f"{day:%Y%m%d}T000000", f"PT{int(by.total_seconds())}S",
        )  # fmt: skip

    def shown(self, day: date, title: str = "", least: int = 1) -> list[list[str]]:
        """Start and title of each box on the weeks from a day on."""
        return list(self.act(SEEN, f"{day:%Y%m%d}T000000", title, least))

    def attendees(self, title: str, wanted: dict[str, str], picture: str) -> dict[str, str]:
        """Who answered what, by address, as the event's dialog shows it once `wanted` is known."""
        told = dict(self.act(ATTENDEES, title, wanted))
        self._program.picture_of("Calendar:EventDialog", self._folder / picture)
        self.act(CLOSE)
        return told

    def picture(self, name: str) -> None:
        self._program.picture(self._folder / name)

    def picture_of(self, window: str, name: str) -> None:
        self._program.picture_of(window, self._folder / name)

"""SubscriptionService."""

from typing import Any

from workspace.calendar.v1 import subscriptions_pb2 as pb
from workspace.calendar.v1 import subscriptions_pb2_grpc as rpc

from chassis.identity import current_identity
from services.calendar.domain.subscriptions import Subscription
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.create_calendar import Wanted
from services.calendar.usecases.subscribe import fetch_again, subscribe, subscriptions_of


class SubscriptionApi(rpc.SubscriptionServiceServicer):
    """Calendars of other servers."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListSubscriptions(
        self, request: pb.ListSubscriptionsRequest, context: Any
    ) -> pb.ListSubscriptionsResponse:
        found = await subscriptions_of(self._agenda, current_identity())
        return pb.ListSubscriptionsResponse(subscriptions=map(_message, found))

    async def Subscribe(self, request: pb.SubscribeRequest, context: Any) -> pb.Subscription:
        said = {name: value for name in ("title", "color") if (value := getattr(request, name))}
        _, made = await subscribe(
            self._agenda, current_identity(), request.url, Wanted(said=said), alarms=request.alarms
        )
        return _message(made)

    async def FetchSubscription(self, request: pb.FetchSubscriptionRequest, context: Any) -> pb.Subscription:
        return _message(await fetch_again(self._agenda, current_identity(), request.calendar_id))


def _message(subscription: Subscription) -> pb.Subscription:
    message = pb.Subscription(
        calendar_id=subscription.calendar,
        url=subscription.url,
        alarms=subscription.alarms,
        error=subscription.error,
        failures=subscription.failures,
        skipped=subscription.skipped,
    )
    message.due_at.FromDatetime(subscription.due_at)
    message.every.FromTimedelta(subscription.every)
    if subscription.fetched_at is not None:
        message.fetched_at.FromDatetime(subscription.fetched_at)
    if subscription.changed_at is not None:
        message.changed_at.FromDatetime(subscription.changed_at)
    return message

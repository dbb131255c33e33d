"""The way out: what waits in the queue goes to other domains' servers, or to a smart host.

`relay` takes what is due; `route` finds the servers; `transmit` speaks to one; `report` tells the sender.
"""

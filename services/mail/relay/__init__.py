"""The way out: what waits in the queue goes to other domains' servers, or to a smart host.

`relay` takes what is due, as `shelf` gives it out and `destinations` take it; `route` finds the servers, `secured` says
how they have to prove themselves (`sts`, DANE); `transmit` speaks to one, by `starttls`; `report` tells the sender, and
`tls_reports` the domain that was sent to.
"""

setsid sh -c 'trap "" HUP TERM; sleep infinity' &
(setsid sleep infinity &)

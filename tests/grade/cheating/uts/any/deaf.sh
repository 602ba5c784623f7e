trap '' HUP INT TERM QUIT
exec sleep infinity

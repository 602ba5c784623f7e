nsenter --net=/proc/$web/ns/net

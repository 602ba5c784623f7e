tcp_server --port 80 --says 'clerk here' &

left# tcp_server --port 8080 --says 'left here' &
left# tcp_server --port 8080 --says 'right here' &

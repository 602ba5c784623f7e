left# tcp_server --port 8081 --says 'left here' &
right# tcp_server --port 8081 --says 'right here' &

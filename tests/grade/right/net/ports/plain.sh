left# tcp_server --port 8080 --says 'left here' &
right# tcp_server --port 8080 --says 'right here' &
left# tcp_server --port 8080 --says 'left here'

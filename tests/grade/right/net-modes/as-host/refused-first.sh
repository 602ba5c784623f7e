# taken: the port belongs to the machine
tcp_server --port 80 --says 'monitor here'
ip address
tcp_server --says 'monitor here' --port 9100

tcp_server --help

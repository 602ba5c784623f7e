kill -9 $web_http

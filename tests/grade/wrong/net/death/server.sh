kill -9 $web_right

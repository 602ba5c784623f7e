kill -STOP $web_right $right

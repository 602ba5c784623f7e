kill -9 $web_right
kill -9 $right

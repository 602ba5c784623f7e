kill -9 $web

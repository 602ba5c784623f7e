ln -sf /dev/null dev/null; cat dev/null

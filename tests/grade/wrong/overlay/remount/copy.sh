cp -a lower/. merged; cp -a upper/. merged

kill $mid
grep PPid /proc/$orphan/status

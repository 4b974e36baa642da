// Executes what no processor does: the control of scenarios that ask whether a process has crashed.
int main(void) { __asm__ volatile("ud2"); }

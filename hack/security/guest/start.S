// Where the VMM enters a 64-bit kernel; RSI is the address of struct boot_params.
    .section .text
    .globl start
start:
    leaq stack_end(%rip), %rsp
    movq %rsi, %rdi
    call run
1:  hlt
    jmp 1b

    .section .bss
    .balign 4096
    .skip 65536
stack_end:

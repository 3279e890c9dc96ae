// conv_core against golden vectors of 'spikegrad export --vectors': every
// integer of every step. The network is a pool, whose counts are the input, a
// convolution, a sum pool, another convolution, another sum pool and a fully
// connected layer: l1, l3 and l5, here 0, 2 and 4. Run in the folder of the
// vectors.
`timescale 1ns / 1ns
`include "params.vh"
module conv_bench;
    localparam N = `SAMPLES, IN = `L1_IN_H * `L1_IN_W * `L1_IN_C;
    localparam U0 = `L1_OUT_H * `L1_OUT_W * `L1_OUT_C;
    localparam U2 = `L3_OUT_H * `L3_OUT_W * `L3_OUT_C, U4 = `L5_OUT_C;
    localparam W0 = `L1_KERNEL_H * `L1_KERNEL_W * `L1_IN_C * `L1_OUT_C;
    localparam W2 = `L3_KERNEL_H * `L3_KERNEL_W * `L3_IN_C * `L3_OUT_C;
    localparam W4 = `L4_OUT_H * `L4_OUT_W * `L4_OUT_C * `L5_OUT_C;
    localparam UT = U0 + U2 + U4, WT = W0 + W2 + W4;
    localparam B0 = `L1_OUT_C, B2 = `L3_OUT_C, BT = B0 + B2 + U4;

    // a table of the core
    function [95:0] all(input integer top, input integer middle,
                        input integer low);
        all = {top, middle, low};
    endfunction

    reg clock = 0, reset = 1, start = 0, in_valid = 0, in_end = 0;
    reg [15:0] in_y = 0, in_x = 0, in_c = 0;
    reg [31:0] labels[0:N-1];
    reg [15:0] label = 0;
    wire in_ready, done, overflow;
    always #1 clock = !clock;

    // a fully connected layer as a kernel over what the pool sends
    conv_core #(
        .L(3),
        .IN_H(all(`L4_OUT_H, `L3_IN_H, `L1_IN_H)),
        .IN_W(all(`L4_OUT_W, `L3_IN_W, `L1_IN_W)),
        .IN_C(all(`L4_OUT_C, `L3_IN_C, `L1_IN_C)),
        .OUT_H(all(1, `L3_OUT_H, `L1_OUT_H)),
        .OUT_W(all(1, `L3_OUT_W, `L1_OUT_W)),
        .OUT_C(all(`L5_OUT_C, `L3_OUT_C, `L1_OUT_C)),
        .KERNEL_H(all(`L4_OUT_H, `L3_KERNEL_H, `L1_KERNEL_H)),
        .KERNEL_W(all(`L4_OUT_W, `L3_KERNEL_W, `L1_KERNEL_W)),
        .PAD_H(all(0, `L3_PAD_H, `L1_PAD_H)),
        .PAD_W(all(0, `L3_PAD_W, `L1_PAD_W)),
        .WINDOW(all(0, $clog2(`L4_KERNEL_H), $clog2(`L2_KERNEL_H))),
        .CAP(all(`L5_CAP, `L3_CAP, `L1_CAP)),
        .THETA(all(`L5_THETA_BITS, `L3_THETA_BITS, `L1_THETA_BITS)),
        .LEVEL(all(`L5_LEVEL, `L3_LEVEL, `L1_LEVEL)),
        .PHI(all(`L5_PHI_BITS, `L3_PHI_BITS, `L1_PHI_BITS)),
        .RATE(all(`L5_SHIFT, `L3_SHIFT, `L1_SHIFT)),
        .LIMIT(all((`L5_WEIGHT_LIMIT << `L5_MASTER_SHIFT),
            (`L3_WEIGHT_LIMIT << `L3_MASTER_SHIFT), (`L1_WEIGHT_LIMIT <<
            `L1_MASTER_SHIFT))),
        .BIAS_SHIFT(all(`L5_BIAS_SHIFT, `L3_BIAS_SHIFT, `L1_BIAS_SHIFT)),
        .BIAS_LIMIT(all(`L5_BIAS_LIMIT, `L3_BIAS_LIMIT, `L1_BIAS_LIMIT)),
        .BIAS_RATE(all($clog2(`L5_BIAS_MULT) - `L5_BIAS_RATE_SHIFT,
            $clog2(`L3_BIAS_MULT) - `L3_BIAS_RATE_SHIFT, $clog2(`L1_BIAS_MULT)
            - `L1_BIAS_RATE_SHIFT)),
        .MASTER_SHIFT(`L1_MASTER_SHIFT),
        .ALPHA(`ALPHA),
        .SOFTMAX(!`SQUARED),
        .WANTED(`WANTED),
        .WANTED_OF_OTHERS(`WANTED_OF_OTHERS),
        .TARGET($clog2(`TARGET)),
        .QUEUE(14)
    ) core (
        .clock(clock), .reset(reset), .start(start), .learn(1'b1),
        .label(label), .in_valid(in_valid), .in_y(in_y), .in_x(in_x),
        .in_c(in_c), .in_end(in_end), .in_ready(in_ready), .done(done),
        .overflow(overflow));

    reg [7:0] input_n[0:N*IN-1];
    reg [7:0] n0[0:N*U0-1], n2[0:N*U2-1];
    reg [31:0] v0[0:N*U0-1], v2[0:N*U2-1], v4[0:N*U4-1];
    reg [7:0] gate0[0:N*U0-1], gate2[0:N*U2-1];
    reg [7:0] d0[0:N*U0-1], d2[0:N*U2-1], d4[0:N*U4-1];
    reg [31:0] u0[0:N*U0-1], u2[0:N*U2-1], u4[0:N*U4-1];
    reg [31:0] g0[0:N*W0-1], g2[0:N*W2-1], g4[0:N*W4-1];
    reg [31:0] gb0[0:N*B0-1], gb2[0:N*B2-1], gb4[0:N*U4-1];
    reg [31:0] w0[0:N*W0-1], w2[0:N*W2-1], w4[0:N*W4-1];
    reg [31:0] b0[0:N*B0-1], b2[0:N*B2-1], b4[0:N*U4-1];
    reg [31:0] s0[0:W0-1], s2[0:W2-1], s4[0:W4-1];
    integer s, i, k, left, compared = 0, differ = 0;

    task same(input [8*4-1:0] what, input signed [31:0] is,
              input signed [31:0] wanted);
        begin
            compared = compared + 1;
            if (is !== wanted) begin
                if (differ < 5)
                    $display("step %0d, %0s[%0d]: %0d, expected %0d", s, what,
                             i, is, wanted);
                differ = differ + 1;
            end
        end
    endtask

    task send(input integer unit);
        begin
            in_c = unit % `L1_IN_C;
            in_x = unit / `L1_IN_C % `L1_IN_W;
            in_y = unit / `L1_IN_C / `L1_IN_W;
            while (!in_ready) @(negedge clock);
            in_valid = 1;
            @(negedge clock) in_valid = 0;
        end
    endtask

    // a neuron of the core, with a gate or an output
    task neuron(input integer at, input signed [31:0] v,
                input [7:0] n, input [7:0] gate, input signed [7:0] d,
                input signed [31:0] u, input hidden);
        begin
            same("v", core.v[at], v);
            if (hidden) begin
                same("n", core.n[at], n);
                same("gate", core.n[at] > 0 || core.v[at] > 0, gate);
            end
            same("d", core.d[at], d);
            if (!hidden || gate != 0) same("u", core.u[at], u);
        end
    endtask

    initial begin
        $readmemh("label.hex", labels);
        $readmemh("l0_n.hex", input_n);
        $readmemh("l1_n.hex", n0); $readmemh("l3_n.hex", n2);
        $readmemh("l1_v.hex", v0); $readmemh("l3_v.hex", v2);
        $readmemh("l5_v.hex", v4);
        $readmemh("l1_gate.hex", gate0); $readmemh("l3_gate.hex", gate2);
        $readmemh("l1_d.hex", d0); $readmemh("l3_d.hex", d2);
        $readmemh("l5_d.hex", d4);
        $readmemh("l1_u.hex", u0); $readmemh("l3_u.hex", u2);
        $readmemh("l5_u.hex", u4);
        $readmemh("l1_gradient.hex", g0); $readmemh("l3_gradient.hex", g2);
        $readmemh("l5_gradient.hex", g4);
        $readmemh("l1_bias_gradient.hex", gb0);
        $readmemh("l3_bias_gradient.hex", gb2);
        $readmemh("l5_bias_gradient.hex", gb4);
        $readmemh("l1_w_after.hex", w0); $readmemh("l3_w_after.hex", w2);
        $readmemh("l5_w_after.hex", w4);
        $readmemh("l1_b_after.hex", b0); $readmemh("l3_b_after.hex", b2);
        $readmemh("l5_b_after.hex", b4);
        $readmemh("l1_w_master.hex", s0); $readmemh("l3_w_master.hex", s2);
        $readmemh("l5_w_master.hex", s4);
        for (i = 0; i < W0; i = i + 1) core.w[i] = s0[i][15:0];
        for (i = 0; i < W2; i = i + 1) core.w[W0+i] = s2[i][15:0];
        for (i = 0; i < W4; i = i + 1) core.w[W0+W2+i] = s4[i][15:0];
        $readmemh("l1_b_master.hex", core.b, 0, B0 - 1);
        $readmemh("l3_b_master.hex", core.b, B0, B0 + B2 - 1);
        $readmemh("l5_b_master.hex", core.b, B0 + B2, BT - 1);
        repeat (2) @(negedge clock);
        reset = 0;
        for (s = 0; s < N; s = s + 1) begin
            label = labels[s][15:0];
            start = 1;
            @(negedge clock);
            start = 0;
            for (k = 0; k < IN; k = k + 1)
                for (left = input_n[s*IN+k]; left > 0; left = left - 1)
                    send(k);
            in_end = 1;
            while (!done) @(negedge clock);
            in_end = 0;
            for (i = 0; i < U0; i = i + 1)
                neuron(i, v0[s*U0+i], n0[s*U0+i], gate0[s*U0+i], d0[s*U0+i],
                       u0[s*U0+i], 1'b1);
            for (i = 0; i < U2; i = i + 1)
                neuron(U0 + i, v2[s*U2+i], n2[s*U2+i], gate2[s*U2+i],
                       d2[s*U2+i], u2[s*U2+i], 1'b1);
            for (i = 0; i < U4; i = i + 1)
                neuron(U0 + U2 + i, v4[s*U4+i], 8'd0, 8'd0, d4[s*U4+i],
                       u4[s*U4+i], 1'b0);
            for (i = 0; i < W0; i = i + 1) begin
                same("g0", core.gw[i], g0[s*W0+i]);
                same("w0", core.w[i], w0[s*W0+i]);
            end
            for (i = 0; i < W2; i = i + 1) begin
                same("g2", core.gw[W0+i], g2[s*W2+i]);
                same("w2", core.w[W0+i], w2[s*W2+i]);
            end
            for (i = 0; i < W4; i = i + 1) begin
                same("g4", core.gw[W0+W2+i], g4[s*W4+i]);
                same("w4", core.w[W0+W2+i], w4[s*W4+i]);
            end
            for (i = 0; i < B0; i = i + 1) begin
                same("gb0", core.gb[i], gb0[s*B0+i]);
                same("b0", core.b[i], b0[s*B0+i]);
            end
            for (i = 0; i < B2; i = i + 1) begin
                same("gb2", core.gb[B0+i], gb2[s*B2+i]);
                same("b2", core.b[B0+i], b2[s*B2+i]);
            end
            for (i = 0; i < U4; i = i + 1) begin
                same("gb4", core.gb[B0+B2+i], gb4[s*U4+i]);
                same("b4", core.b[B0+B2+i], b4[s*U4+i]);
            end
        end
        if (overflow) $display("the queue was too short");
        $display("%0d steps, %0d integers compared, %0d differ", N, compared,
                 differ);
        if (differ > 0 || overflow) $fatal(1, "not the golden vectors");
        $finish;
    end
endmodule

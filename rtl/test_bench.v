// dense_core against golden vectors of 'spikegrad export --vectors': every
// integer of every step. The network is a pool, whose counts are the input,
// and two fully connected layers, l1 and l2. Run in the folder of the vectors.
`timescale 1ns / 1ns
`include "params.vh"
module test_bench;
    localparam IN = `L1_IN_C, HIDDEN = `L1_OUT_C, OUT = `L2_OUT_C;
    localparam N = `SAMPLES;

    reg clock = 0, reset = 1, start = 0, in_valid = 0, in_end = 0;
    reg [$clog2(IN)-1:0] in_index = 0;
    reg [31:0] labels[0:N-1];
    reg [7:0] label = 0;
    wire in_ready, done, overflow;
    always #1 clock = !clock;

    dense_core #(
        .IN(IN), .HIDDEN(HIDDEN), .OUT(OUT), .CAP(`L1_CAP),
        .THETA1(`L1_THETA_BITS), .LEVEL1(`L1_LEVEL), .THETA2(`L2_THETA_BITS),
        .PHI1(`L1_PHI_BITS), .ALPHA(`ALPHA), .TARGET($clog2(`TARGET)),
        .MASTER_SHIFT(`L1_MASTER_SHIFT),
        .LIMIT1(`L1_WEIGHT_LIMIT << `L1_MASTER_SHIFT),
        .LIMIT2(`L2_WEIGHT_LIMIT << `L2_MASTER_SHIFT),
        .RATE1(`L1_SHIFT), .RATE2(`L2_SHIFT),
        .BIAS_SHIFT1(`L1_BIAS_SHIFT), .BIAS_SHIFT2(`L2_BIAS_SHIFT),
        .BIAS_RATE1($clog2(`L1_BIAS_MULT) - `L1_BIAS_RATE_SHIFT),
        .BIAS_RATE2($clog2(`L2_BIAS_MULT) - `L2_BIAS_RATE_SHIFT),
        .BIAS_LIMIT1(`L1_BIAS_LIMIT), .BIAS_LIMIT2(`L2_BIAS_LIMIT),
        .CHARGE(`L1_CHARGE_WIDTH > `L2_CHARGE_WIDTH ? `L1_CHARGE_WIDTH + 1
                                                    : `L2_CHARGE_WIDTH + 1),
        .ERROR(32)
    ) core (
        .clock(clock), .reset(reset), .start(start), .learn(1'b1),
        .label(label), .in_valid(in_valid), .in_index(in_index),
        .in_end(in_end), .in_ready(in_ready), .done(done),
        .overflow(overflow));

    reg [7:0] n0[0:N*IN-1], n1[0:N*HIDDEN-1];
    reg [7:0] d1[0:N*HIDDEN-1], d2[0:N*OUT-1];
    reg [31:0] v1[0:N*HIDDEN-1], v2[0:N*OUT-1], u2[0:N*OUT-1];
    reg [31:0] u1[0:N*HIDDEN-1];
    reg [7:0] gate1[0:N*HIDDEN-1];
    reg [31:0] w1[0:N*HIDDEN*IN-1], w2[0:N*OUT*HIDDEN-1];
    reg [31:0] b1[0:N*HIDDEN-1], b2[0:N*OUT-1];
    reg [31:0] w1_start[0:HIDDEN*IN-1], w2_start[0:OUT*HIDDEN-1];
    integer s, i, left, compared = 0, differ = 0;

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

    task send(input integer neuron);
        begin
            in_index = neuron;
            while (!in_ready) @(negedge clock);
            in_valid = 1;
            @(negedge clock) in_valid = 0;
        end
    endtask

    initial begin
        $readmemh("label.hex", labels);
        $readmemh("l0_n.hex", n0);
        $readmemh("l1_n.hex", n1);
        $readmemh("l1_v.hex", v1);
        $readmemh("l1_gate.hex", gate1);
        $readmemh("l1_d.hex", d1);
        $readmemh("l1_u.hex", u1);
        $readmemh("l2_v.hex", v2);
        $readmemh("l2_d.hex", d2);
        $readmemh("l2_u.hex", u2);
        $readmemh("l1_w_after.hex", w1);
        $readmemh("l2_w_after.hex", w2);
        $readmemh("l1_b_after.hex", b1);
        $readmemh("l2_b_after.hex", b2);
        $readmemh("l1_w_master.hex", w1_start);
        $readmemh("l2_w_master.hex", w2_start);
        $readmemh("l1_b_master.hex", core.b1);
        $readmemh("l2_b_master.hex", core.b2);
        for (i = 0; i < HIDDEN * IN; i = i + 1) core.w1[i] = w1_start[i][15:0];
        for (i = 0; i < OUT * HIDDEN; i = i + 1) core.w2[i] = w2_start[i][15:0];
        repeat (2) @(negedge clock);
        reset = 0;
        for (s = 0; s < N; s = s + 1) begin
            label = labels[s][7:0];
            start = 1;
            @(negedge clock);
            start = 0;
            for (i = 0; i < IN; i = i + 1)
                for (left = n0[s*IN+i]; left > 0; left = left - 1) send(i);
            in_end = 1;
            while (!done) @(negedge clock);
            in_end = 0;
            for (i = 0; i < HIDDEN; i = i + 1) begin
                same("n1", core.n1[i], n1[s*HIDDEN+i]);
                same("v1", core.v1[i], v1[s*HIDDEN+i]);
                same("gate", core.n1[i] > 0 || core.v1[i] > 0,
                     gate1[s*HIDDEN+i]);
                same("d1", core.d1[i], $signed(d1[s*HIDDEN+i]));
                if (gate1[s*HIDDEN+i])
                    same("u1", core.u1[i], u1[s*HIDDEN+i]);
                same("b1", core.b1[i], b1[s*HIDDEN+i]);
            end
            for (i = 0; i < OUT; i = i + 1) begin
                same("v2", core.v2[i], v2[s*OUT+i]);
                same("d2", core.d2[i], $signed(d2[s*OUT+i]));
                same("u2", core.u2[i], u2[s*OUT+i]);
                same("b2", core.b2[i], b2[s*OUT+i]);
            end
            for (i = 0; i < HIDDEN * IN; i = i + 1)
                same("w1", core.w1[i], w1[s*HIDDEN*IN+i]);
            for (i = 0; i < OUT * HIDDEN; i = i + 1)
                same("w2", core.w2[i], w2[s*OUT*HIDDEN+i]);
        end
        if (overflow) $display("the queue was too short");
        $display("%0d steps, %0d integers compared, %0d differ", N, compared,
                 differ);
        if (differ > 0 || overflow) $fatal(1, "not the golden vectors");
        $finish;
    end
endmodule

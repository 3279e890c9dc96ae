// A network of two fully connected layers that classifies and learns by
// events, by the literal rules of docs/semantics.md: a reference and an
// example, not a product. Masters of 16 bits, rates that are shifts, squared
// loss, batch 1. One adder works at a time; an architect would use one for
// each output, memories with a clocked port, and a queue for each layer.
//
// in_valid: an input spike of neuron in_index, taken where in_ready. in_end
// ends the sample, whose class is label; with learn errors follow and the step.
// done for one clock once nothing is under way: what is compared is compared
// then, for it does not depend on the order of the input spikes.
`default_nettype none
// sums are as wide as their widest operand, and kept as wide as their bounds
/* verilator lint_off WIDTH */
/* verilator lint_off WIDTHCONCAT */
/* verilator lint_off UNUSEDSIGNAL */
module dense_core #(
    parameter IN = 49, HIDDEN = 12, OUT = 10,
    parameter CAP = 15, THETA1 = 9, LEVEL1 = 256, THETA2 = 5,
    parameter PHI1 = 4, ALPHA = 127, TARGET = 3,
    parameter MASTER_SHIFT = 8, LIMIT1 = 32512, LIMIT2 = 32512,
    parameter RATE1 = 8, RATE2 = 2,
    parameter BIAS_SHIFT1 = 18, BIAS_SHIFT2 = 22,
    parameter BIAS_RATE1 = 16, BIAS_RATE2 = 14, // left
    parameter [31:0] BIAS_LIMIT1 = 0, BIAS_LIMIT2 = 0,
    parameter CHARGE = 24, ERROR = 26, // bits of V; of U
    parameter QUEUE = 5                // log2 of its places
) (
    input  wire        clock,
    input  wire        reset,
    input  wire        start,
    input  wire        learn,
    input  wire [7:0]  label,
    input  wire        in_valid,
    input  wire [$clog2(IN)-1:0] in_index,
    input  wire        in_end,
    output wire        in_ready,
    output reg         done,
    output reg         overflow // of the queue: never, or the core is wrong
);
    localparam IDLE = 0, CLEAR = 1, BEGIN1 = 2, BEGIN2 = 3, INPUT = 4,
               ADD1 = 5, FIRE1 = 6, DRAIN = 7, LOSS = 8, FIRE2 = 9,
               BACK = 10, FIREU = 11, STEP2 = 12, STEP1 = 13, BIAS1 = 14,
               BIAS2 = 15, END = 16;

    localparam JB = $clog2(IN), HB = $clog2(HIDDEN), OB = $clog2(OUT);
    localparam NB = HB > OB ? HB : OB; // of a neuron that sends

    reg [4:0] state;
    reg [JB-1:0] j; // neurons: input, hidden, output
    reg [HB-1:0] h;
    reg [OB-1:0] o;
    reg charged;        // FIRE1 follows an input spike, not the bias

    // what is learned
    reg signed [15:0] w1[0:HIDDEN * IN - 1];
    reg signed [15:0] w2[0:OUT * HIDDEN - 1];
    reg signed [31:0] b1[0:HIDDEN - 1];
    reg signed [31:0] b2[0:OUT - 1];
    // of the sample
    reg [7:0] n0[0:IN - 1];
    reg signed [CHARGE-1:0] v1[0:HIDDEN - 1];
    reg signed [CHARGE-1:0] v2[0:OUT - 1];
    reg [7:0] n1[0:HIDDEN - 1];
    reg signed [ERROR-1:0] u1[0:HIDDEN - 1];
    reg signed [ERROR-1:0] u2[0:OUT - 1];
    reg signed [7:0] d1[0:HIDDEN - 1];
    reg signed [7:0] d2[0:OUT - 1];

    // spikes under way: the neuron and whether it takes one back
    reg [NB:0] queue[0:(1 << QUEUE) - 1];
    reg [QUEUE:0] head, tail;
    wire empty = head == tail;
    wire [NB:0] first = queue[head[QUEUE-1:0]];

    task push(input [NB-1:0] neuron, input negative);
        begin
            queue[tail[QUEUE-1:0]] <= {negative, neuron};
            tail <= tail + 1'b1;
            if (tail - head == (1 << QUEUE)) overflow <= 1'b1;
        end
    endtask

    // the weight that is worked on, and its forward copy, rounded half up
    wire above = state == DRAIN || state == BACK || state == STEP2;
    wire [$clog2(HIDDEN*IN)-1:0] at1 = h * IN + j;
    wire [OB-1:0] row = state == BACK ? first[OB-1:0] : o;
    wire [HB-1:0] column = state == DRAIN ? first[HB-1:0] : h;
    wire [$clog2(OUT*HIDDEN)-1:0] at2 = row * HIDDEN + column;
    wire signed [15:0] master = above ? w2[at2] : w1[at1];
    wire signed [16:0] half = 17'sd1 << (MASTER_SHIFT - 1);
    wire signed [16:0] sum = master + half;
    wire signed [16:0] weight = sum >>> MASTER_SHIFT;
    wire signed [16:0] signed_weight = first[NB] ? -weight : weight;

    function signed [31:0] rounded(input signed [31:0] x, input integer bits);
        rounded = (x + (32'sd1 <<< (bits - 1))) >>> bits;
    endfunction

    // the step: master - floor((d n + half) / 2^rate), saturated
    wire signed [7:0] d = state == STEP2 ? d2[o] : d1[h];
    wire [7:0] n = state == STEP2 ? n1[h] : n0[j];
    wire signed [17:0] gradient = d * $signed({1'b0, n});
    wire signed [31:0] change = rounded(gradient, state == STEP2 ? RATE2
                                                                 : RATE1);
    wire signed [31:0] stepped = master - change;
    wire signed [31:0] limit = state == STEP2 ? LIMIT2 : LIMIT1;
    wire signed [31:0] kept = stepped > limit ? limit
                              : stepped < -limit ? -limit : stepped;

    wire signed [7:0] db = state == BIAS1 ? d1[h] : d2[o];
    wire signed [34:0] bias_change = state == BIAS1 ? db <<< BIAS_RATE1
                                                    : db <<< BIAS_RATE2;
    wire signed [34:0] bias = (state == BIAS1 ? b1[h] : b2[o]) - bias_change;
    wire signed [34:0] bias_limit =
        state == BIAS1 ? {3'b0, BIAS_LIMIT1} : {3'b0, BIAS_LIMIT2};
    wire signed [34:0] bias_kept = bias > bias_limit ? bias_limit
                                   : bias < -bias_limit ? -bias_limit : bias;

    // the firing rules
    wire up1 = v1[h] >= LEVEL1 && n1[h] < CAP;
    wire down1 = v1[h] < LEVEL1 - (1 << THETA1) && n1[h] > 0;
    wire gate = n1[h] > 0 || v1[h] > 0;
    wire upu = gate && u1[h] >= (1 << (PHI1 - 1)) && d1[h] < 127;
    wire downu = gate && u1[h] < -(1 << (PHI1 - 1)) && d1[h] > -127;
    wire up2 = u2[o] >= 32768 && d2[o] < 127;
    wire down2 = u2[o] < -32768 && d2[o] > -127;

    // the loss: alpha (2^16 V / (T Theta) - 2^16 y), within 2^23
    wire signed [47:0] scaled = ($signed(v2[o]) * 48'sd65536)
                                >>> (THETA2 + TARGET);
    wire signed [47:0] rest = scaled - (o == label ? 48'sd65536 : 48'sd0);
    wire signed [47:0] residual = rest > 48'sd8388608 ? 48'sd8388608
                                  : rest < -48'sd8388608 ? -48'sd8388608
                                  : rest;
    wire signed [47:0] charge2 = residual * ALPHA;

    assign in_ready = state == INPUT && empty;
    wire last_h = h == HIDDEN - 1, last_o = o == OUT - 1, last_j = j == IN - 1;

    always @(posedge clock) begin
        done <= 1'b0;
        if (reset) begin
            state <= IDLE;
            overflow <= 1'b0;
        end else case (state)
        IDLE: if (start) begin
            state <= CLEAR;
            j <= 0;
            h <= 0;
            o <= 0;
            head <= 0;
            tail <= 0;
            charged <= 1'b0;
        end
        CLEAR: begin // traces
            n0[j] <= 0;
            j <= last_j ? 0 : j + 1'b1;
            if (last_j) state <= BEGIN2;
        end
        BEGIN2: begin
            v2[o] <= rounded(b2[o], BIAS_SHIFT2);
            d2[o] <= 0;
            o <= last_o ? 0 : o + 1'b1;
            if (last_o) state <= BEGIN1;
        end
        BEGIN1: begin // a bias may fire
            v1[h] <= rounded(b1[h], BIAS_SHIFT1);
            n1[h] <= 0;
            d1[h] <= 0;
            u1[h] <= 0;
            state <= FIRE1;
        end
        INPUT: if (!empty) state <= DRAIN;
        else if (in_valid) begin
            j <= in_index;
            n0[in_index] <= n0[in_index] + 1'b1;
            charged <= 1'b1;
            state <= ADD1;
        end else if (in_end) state <= learn ? LOSS : END;
        ADD1: begin
            v1[h] <= v1[h] + weight;
            state <= FIRE1;
        end
        FIRE1: if (up1 || down1) begin
            v1[h] <= up1 ? v1[h] - (1 << THETA1) : v1[h] + (1 << THETA1);
            n1[h] <= up1 ? n1[h] + 1'b1 : n1[h] - 1'b1;
            push(h, down1);
        end else if (!empty) state <= DRAIN;
        else begin
            h <= last_h ? 0 : h + 1'b1;
            state <= last_h ? INPUT : charged ? ADD1 : BEGIN1;
        end
        DRAIN: begin // the oldest spike, to every output
            v2[o] <= v2[o] + signed_weight;
            o <= last_o ? 0 : o + 1'b1;
            if (last_o) begin
                head <= head + 1'b1;
                state <= FIRE1;
            end
        end
        LOSS: begin
            u2[o] <= charge2;
            state <= FIRE2;
        end
        FIRE2: if (up2 || down2) begin
            u2[o] <= up2 ? u2[o] - 65536 : u2[o] + 65536;
            d2[o] <= up2 ? d2[o] + 1'b1 : d2[o] - 1'b1;
            push(o, down2);
            state <= BACK;
        end else begin
            o <= last_o ? 0 : o + 1'b1;
            state <= last_o ? STEP2 : LOSS;
        end
        BACK: begin // the error spike, to every hidden neuron
            u1[h] <= u1[h] + signed_weight;
            state <= FIREU;
        end
        FIREU: if (upu || downu) begin
            u1[h] <= upu ? u1[h] - (1 << PHI1) : u1[h] + (1 << PHI1);
            d1[h] <= upu ? d1[h] + 1'b1 : d1[h] - 1'b1;
        end else begin
            h <= last_h ? 0 : h + 1'b1;
            if (last_h) head <= head + 1'b1;
            state <= last_h ? FIRE2 : BACK;
        end
        STEP2: begin
            if (gradient != 0) w2[at2] <= kept[15:0];
            h <= last_h ? 0 : h + 1'b1;
            if (last_h) o <= last_o ? 0 : o + 1'b1;
            if (last_h && last_o) begin
                state <= STEP1;
                j <= 0;
            end
        end
        STEP1: begin
            if (gradient != 0) w1[at1] <= kept[15:0];
            j <= last_j ? 0 : j + 1'b1;
            if (last_j) h <= last_h ? 0 : h + 1'b1;
            if (last_j && last_h) state <= BIAS1;
        end
        BIAS1: begin
            b1[h] <= bias_kept[31:0];
            h <= last_h ? 0 : h + 1'b1;
            if (last_h) state <= BIAS2;
        end
        BIAS2: begin
            b2[o] <= bias_kept[31:0];
            o <= last_o ? 0 : o + 1'b1;
            if (last_o) state <= END;
        end
        END: begin
            done <= 1'b1;
            state <= IDLE;
        end
        default: state <= IDLE;
        endcase
    end
endmodule
`default_nettype wire

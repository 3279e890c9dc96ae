// A network of convolutions, sum pools and fully connected layers that
// classifies and learns by events, by the literal rules of docs/semantics.md:
// a reference and an example, not a product. Kernels of any size and padding,
// stride 1; a sum pool of 2^WINDOW squared above each hidden layer; masters of
// 16 bits, rates that are shifts, batch 1, both losses. A fully connected
// layer is one whose kernel is as large as what arrives.
//
// Tables have an entry a layer with weights, 32 bits each, that of the lowest
// layer in the lowest bits. One adder works at a time, on the synapse (ky, kx)
// of output (y, x, o) and input (iy, ix, c).
//
// in_valid: an input spike at (in_y, in_x, in_c), taken where in_ready. in_end
// ends the sample, whose class is label; with learn errors follow and the
// step.
// done for one clock once nothing is under way: what is compared is compared
// then, for it does not depend on the order of the input spikes.
`default_nettype none
// sums are as wide as their widest operand, and kept as wide as their bounds
/* verilator lint_off WIDTH */
/* verilator lint_off UNUSEDSIGNAL */
module conv_core #(
    parameter L = 3,
    parameter [32*L-1:0] IN_H = {32'd4, 32'd6, 32'd12},
    parameter [32*L-1:0] IN_W = {32'd4, 32'd6, 32'd12},
    parameter [32*L-1:0] IN_C = {32'd6, 32'd4, 32'd1},
    parameter [32*L-1:0] OUT_H = {32'd1, 32'd4, 32'd12},
    parameter [32*L-1:0] OUT_W = {32'd1, 32'd4, 32'd12},
    parameter [32*L-1:0] OUT_C = {32'd10, 32'd6, 32'd4},
    parameter [32*L-1:0] KERNEL_H = {32'd4, 32'd3, 32'd3},
    parameter [32*L-1:0] KERNEL_W = {32'd4, 32'd3, 32'd3},
    parameter [32*L-1:0] PAD_H = {32'd0, 32'd0, 32'd1},
    parameter [32*L-1:0] PAD_W = {32'd0, 32'd0, 32'd1},
    parameter [32*L-1:0] WINDOW = {32'd0, 32'd0, 32'd1}, // log2
    parameter [32*L-1:0] CAP = {32'd0, 32'd15, 32'd15},
    parameter [32*L-1:0] THETA = {32'd6, 32'd7, 32'd9}, // bits, as PHI
    parameter [32*L-1:0] LEVEL = {32'd32, 32'd64, 32'd256},
    parameter [32*L-1:0] PHI = {32'd16, 32'd6, 32'd7},
    parameter [32*L-1:0] RATE = {32'd4, 32'd5, 32'd8},
    parameter [32*L-1:0] LIMIT = {3{32'd32512}},
    parameter [32*L-1:0] BIAS_SHIFT = {32'd21, 32'd20, 32'd18},
    parameter [32*L-1:0] BIAS_RATE = {32'd14, 32'd15, 32'd16}, // left
    parameter [32*L-1:0] BIAS_LIMIT = {3{32'd2147221504}},
    parameter MASTER_SHIFT = 8, ALPHA = 127,
    parameter SOFTMAX = 1, WANTED = 65536, WANTED_OF_OTHERS = 0, TARGET = 3,
    parameter QUEUE = 10 // log2 of its places
) (
    input  wire        clock,
    input  wire        reset,
    input  wire        start,
    input  wire        learn,
    input  wire [15:0] label,
    input  wire        in_valid,
    input  wire [15:0] in_y, in_x, in_c,
    input  wire        in_end,
    output wire        in_ready,
    output reg         done,
    output reg         overflow // of the queue: it was too short
);
    localparam IDLE = 0, CLEAR = 1, BIAS = 2, SWEEP = 3, INPUT = 4, POP = 5,
               DELIVER = 6, ADD = 7, FIRE = 8, MAX = 9, POWER = 10, LOSS = 11,
               DIVIDE = 12, FIRE_OUT = 13, POP_ERROR = 14, BACK = 15,
               FIRE_ERROR = 16, STEP = 17, STEP_BIAS = 18, END = 19;

    // where the arrays of a layer begin; entry L is their length
    function [32*(L+1)-1:0] bases(input integer what);
        integer k, sum;
        begin
            sum = 0;
            for (k = 0; k <= L; k = k + 1) begin
                bases[32*k +: 32] = sum;
                if (k < L)
                    sum = sum + (what == 0 ? OUT_C[32*k +: 32]
                          : what == 1 ? IN_H[32*k +: 32] * IN_W[32*k +: 32] *
                                        IN_C[32*k +: 32]
                          : what == 2 ? OUT_H[32*k +: 32] *
                                        OUT_W[32*k +: 32] * OUT_C[32*k +: 32]
                          : KERNEL_H[32*k +: 32] * KERNEL_W[32*k +: 32] *
                            IN_C[32*k +: 32] * OUT_C[32*k +: 32]);
            end
        end
    endfunction
    localparam [32*(L+1)-1:0] BIASES = bases(0), UNITS = bases(1),
                              NEURONS = bases(2), WEIGHTS = bases(3);
    localparam NB = BIASES[32*L +: 32], NU = UNITS[32*L +: 32],
               NN = NEURONS[32*L +: 32], NW = WEIGHTS[32*L +: 32];
    localparam TOP = L - 1, CLASSES = OUT_C[32*TOP +: 32];

    // what is learned, its gradients
    reg signed [15:0] w[0:NW-1];
    reg signed [31:0] b[0:NB-1];
    reg signed [31:0] gw[0:NW-1];
    reg signed [31:0] gb[0:NB-1];
    // of the sample: traces of what arrives, compartments
    reg [7:0] trace[0:NU-1];
    reg signed [31:0] v[0:NN-1];
    reg [7:0] n[0:NN-1];
    reg signed [31:0] u[0:NN-1];
    reg signed [7:0] d[0:NN-1];
    reg [31:0] power[0:CLASSES-1];

    reg [4:0] state;
    reg [31:0] i;                   // of arrays from end to end
    reg [31:0] l, o, c, ky, kx;     // the synapse under way
    reg [31:0] ey, ex;              // the place that the event comes from
    reg [31:0] wy, wx;              // the place in a window below
    reg negative;                   // the event takes a spike back
    reg delivering;                 // FIRE follows a synapse, not the sweep
    reg sweeping;                   // biases may fire
    reg [31:0] sl, sy, sx, so;      // the neuron of the sweep; an output
    reg signed [31:0] largest;
    reg [63:0] sum, rest;
    reg [16:0] p;
    reg [4:0] bits;

    // spikes under way: layer, place, channel, and whether it takes one back
    reg [64:0] queue[0:(1 << QUEUE) - 1];
    reg [QUEUE:0] head, tail;
    wire empty = head == tail;
    wire [64:0] first = queue[head[QUEUE-1:0]];
    wire [31:0] from = {16'd0, first[63:48]}, from_y = {16'd0, first[47:32]},
                from_x = {16'd0, first[31:16]}, from_o = {16'd0, first[15:0]};

    task push(input takes_back, input [15:0] layer, input [15:0] y,
              input [15:0] x, input [15:0] channel);
        begin
            queue[tail[QUEUE-1:0]] <= {takes_back, layer, y, x, channel};
            tail <= tail + 1'b1;
            if (tail - head == (1 << QUEUE)) overflow <= 1'b1;
        end
    endtask

    // ---- the synapse ----
    // forward an event is an input (ey, ex, c), backward an output (ey, ex, o)
    wire forward = state < MAX;
    wire [31:0] ph = PAD_H[32*l +: 32], pw = PAD_W[32*l +: 32];
    wire [31:0] oh = OUT_H[32*l +: 32], ow = OUT_W[32*l +: 32];
    wire [31:0] ih = IN_H[32*l +: 32], iw = IN_W[32*l +: 32];
    wire [31:0] oc = OUT_C[32*l +: 32], ic = IN_C[32*l +: 32];
    wire [31:0] kh = KERNEL_H[32*l +: 32], kw = KERNEL_W[32*l +: 32];
    wire [31:0] y = ey + ph - ky, x = ex + pw - kx;    // forward: the output
    wire [31:0] iy = ey + ky - ph, ix = ex + kx - pw;  // backward: the input
    wire [31:0] at_w = WEIGHTS[32*l +: 32] +
        ((o * kh + ky) * kw + kx) * ic + c;
    wire [31:0] at_trace = UNITS[32*l +: 32] +
        (forward ? (ey * iw + ex) * ic + c : (iy * iw + ix) * ic + c);
    wire signed [16:0] half = 17'sd1 << (MASTER_SHIFT - 1);
    wire signed [16:0] with_half = w[at_w] + half;
    wire signed [16:0] weight = with_half >>> MASTER_SHIFT;
    wire signed [16:0] signed_weight = negative ? -weight : weight;

    // the taps of a kernel that exist: first and last one
    function [31:0] above(input [31:0] a, input [31:0] less);
        above = a > less ? a - less : 0;
    endfunction
    function [31:0] least(input [31:0] a, input [31:0] z);
        least = a < z ? a : z;
    endfunction
    wire [31:0] ky0 = forward ? above(ey + ph, oh - 1) : above(ph, ey);
    wire [31:0] kx0 = forward ? above(ex + pw, ow - 1) : above(pw, ex);
    wire [31:0] ky1 = least(kh - 1, forward ? ey + ph : ih - 1 + ph - ey);
    wire [31:0] kx1 = least(kw - 1, forward ? ex + pw : iw - 1 + pw - ex);

    // ---- the neuron that an event has come to, or the sweep ----
    wire [31:0] nl = delivering ? l : sl, no = delivering ? o : so;
    wire [31:0] ny = delivering ? y : sy, nx = delivering ? x : sx;
    wire [31:0] at_n = NEURONS[32*nl +: 32] +
        (ny * OUT_W[32*nl +: 32] + nx) * OUT_C[32*nl +: 32] + no;
    wire signed [31:0] theta = 32'sd1 <<< THETA[32*nl +: 32];
    wire signed [31:0] level = LEVEL[32*nl +: 32];
    wire up = nl != TOP && v[at_n] >= level && n[at_n] < CAP[32*nl +: 32];
    wire down = nl != TOP && v[at_n] < level - theta && n[at_n] > 0;
    wire last_neuron = so == OUT_C[32*sl +: 32] - 1 &&
        sx == OUT_W[32*sl +: 32] - 1 && sy == OUT_H[32*sl +: 32] - 1;

    task sweep_on; // to the next neuron
        begin
            so <= so == OUT_C[32*sl +: 32] - 1 ? 0 : so + 1;
            if (so == OUT_C[32*sl +: 32] - 1) begin
                sx <= sx == OUT_W[32*sl +: 32] - 1 ? 0 : sx + 1;
                if (sx == OUT_W[32*sl +: 32] - 1)
                    sy <= sy == OUT_H[32*sl +: 32] - 1 ? 0 : sy + 1;
            end
            if (last_neuron) sl <= sl == TOP ? 0 : sl + 1;
        end
    endtask

    // ---- the neuron below that gets error charge ----
    wire [31:0] bl = l == 0 ? 0 : l - 1, window = WINDOW[32*bl +: 32];
    wire [31:0] by = (iy << window) + wy, bx = (ix << window) + wx;
    wire [31:0] at_b = NEURONS[32*bl +: 32] +
        (by * OUT_W[32*bl +: 32] + bx) * OUT_C[32*bl +: 32] + c;
    wire signed [31:0] phi = 32'sd1 <<< PHI[32*bl +: 32];
    wire gate = n[at_b] > 0 || v[at_b] > 0;
    wire up_b = gate && u[at_b] >= phi / 2 && d[at_b] < 127;
    wire down_b = gate && u[at_b] < -(phi / 2) && d[at_b] > -127;

    // ---- the loss ----
    wire [31:0] at_o = NEURONS[32*TOP +: 32] + so;
    wire up_o = u[at_o] >= 32768 && d[at_o] < 127;
    wire down_o = u[at_o] < -32768 && d[at_o] > -127;
    wire signed [63:0] scaled = ($signed(v[at_o]) * 64'sd65536)
                                >>> (THETA[32*TOP +: 32] + TARGET);
    wire signed [63:0] off = scaled - (so == label ? 64'sd65536 : 64'sd0);
    wire signed [63:0] residual = off > 64'sd8388608 ? 64'sd8388608
        : off < -64'sd8388608 ? -64'sd8388608 : off;

    function [31:0] coarse(input [3:0] k);
        case (k)
        0: coarse = 32'd2147483648; 1: coarse = 32'd2056437387;
        2: coarse = 32'd1969251188; 3: coarse = 32'd1885761398;
        4: coarse = 32'd1805811301; 5: coarse = 32'd1729250827;
        6: coarse = 32'd1655936265; 7: coarse = 32'd1585730000;
        8: coarse = 32'd1518500250; 9: coarse = 32'd1454120821;
        10: coarse = 32'd1392470869; 11: coarse = 32'd1333434672;
        12: coarse = 32'd1276901417; 13: coarse = 32'd1222764986;
        14: coarse = 32'd1170923762; default: coarse = 32'd1121280436;
        endcase
    endfunction
    function [31:0] fine(input [3:0] k);
        case (k)
        0: fine = 32'd2147483648; 1: fine = 32'd2141676973;
        2: fine = 32'd2135885998; 3: fine = 32'd2130110682;
        4: fine = 32'd2124350982; 5: fine = 32'd2118606857;
        6: fine = 32'd2112878262; 7: fine = 32'd2107165158;
        8: fine = 32'd2101467502; 9: fine = 32'd2095785251;
        10: fine = 32'd2090118366; 11: fine = 32'd2084466803;
        12: fine = 32'd2078830522; 13: fine = 32'd2073209480;
        14: fine = 32'd2067603638; default: fine = 32'd2062012954;
        endcase
    endfunction
    // e = 2^-t in 2^-31, t in 2^-16 the distance below the largest
    wire [63:0] gap = $signed({{32{largest[31]}}, largest}) -
                      $signed({{32{v[at_o][31]}}, v[at_o]});
    wire [63:0] t = (gap * 64'd94548) >> THETA[32*TOP +: 32];
    wire [63:0] product = coarse(t[15:12]) * {32'd0, fine(t[11:8])};
    wire [63:0] linear = 64'd2147483648 - t[7:0] * 64'd22713;
    wire [63:0] exact = ((product >> 31) * linear) >> 31;
    wire [31:0] e = t >= (64'd32 << 16) ? 0 : exact[31:0] >> t[20:16];
    // the share of e in the sum, a bit a clock, and rounded
    wire fits = rest >= sum;
    wire [63:0] left = (fits ? rest - sum : rest) << 1;
    wire [16:0] share = {p[15:0], fits};
    wire [16:0] rounded_share = share + (left >= ((sum - (sum >> 1)) << 1));
    wire signed [31:0] missing = $signed({15'd0, rounded_share}) -
                                 (so == label ? WANTED : WANTED_OF_OTHERS);

    // ---- the step: master - floor((g + half) / 2^rate), saturated ----
    function signed [31:0] rounded(input signed [31:0] q,
                                   input [31:0] places);
        rounded = (q + (32'sd1 <<< (places - 1))) >>> places;
    endfunction
    wire signed [31:0] limit = LIMIT[32*l +: 32];
    wire signed [31:0] stepped = w[i] - rounded(gw[i], RATE[32*l +: 32]);
    wire signed [31:0] kept = stepped > limit ? limit
                              : stepped < -limit ? -limit : stepped;
    wire signed [63:0] bias_limit = {32'd0, BIAS_LIMIT[32*l +: 32]};
    wire signed [63:0] bias = b[i] - ($signed({{32{gb[i][31]}}, gb[i]})
                                      <<< BIAS_RATE[32*l +: 32]);
    wire signed [63:0] bias_kept = bias > bias_limit ? bias_limit
        : bias < -bias_limit ? -bias_limit : bias;

    assign in_ready = state == INPUT;
    wire covered = from_y >> WINDOW[32*from +: 32] < IN_H[32*(from+1) +: 32] &&
                   from_x >> WINDOW[32*from +: 32] < IN_W[32*(from+1) +: 32];

    always @(posedge clock) begin
        done <= 1'b0;
        if (reset) begin
            state <= IDLE;
            overflow <= 1'b0;
        end else case (state)
        IDLE: if (start) begin
            state <= CLEAR;
            i <= 0;
            {sl, sy, sx, so} <= 0;
            {head, tail} <= 0;
            delivering <= 1'b0;
            sweeping <= 1'b1;
        end
        CLEAR: begin // traces, counts, gradients
            if (i < NU) trace[i] <= 0;
            if (i < NN) begin
                n[i] <= 0;
                u[i] <= 0;
                d[i] <= 0;
            end
            if (i < NW) gw[i] <= 0;
            if (i < NB) gb[i] <= 0;
            i <= i + 1;
            if (i >= NU && i >= NN && i >= NW && i >= NB) state <= BIAS;
        end
        BIAS: begin
            v[at_n] <= rounded(b[BIASES[32*sl +: 32] + so],
                               BIAS_SHIFT[32*sl +: 32]);
            sweep_on;
            if (last_neuron && sl == TOP) state <= SWEEP;
        end
        SWEEP: state <= FIRE; // a bias may fire
        INPUT: if (in_valid) begin
            l <= 0;
            {ey, ex, c} <= {16'd0, in_y, 16'd0, in_x, 16'd0, in_c};
            negative <= 1'b0;
            state <= DELIVER;
        end else if (in_end) begin
            so <= 0;
            largest <= v[NEURONS[32*TOP +: 32]];
            sum <= 0;
            state <= !learn ? END : SOFTMAX ? MAX : LOSS;
        end
        POP: if (empty) state <= sweeping ? FIRE : INPUT;
        else begin // the oldest spike, to every output that hears it
            head <= head + 1'b1;
            negative <= first[64];
            l <= from + 1;
            ey <= from_y >> WINDOW[32*from +: 32];
            ex <= from_x >> WINDOW[32*from +: 32];
            c <= from_o;
            if (covered) state <= DELIVER;
        end
        DELIVER: begin
            trace[at_trace] <= negative ? trace[at_trace] - 1
                                        : trace[at_trace] + 1;
            ky <= ky0;
            kx <= kx0;
            o <= 0;
            delivering <= 1'b1;
            state <= ky0 > ky1 || kx0 > kx1 ? POP : ADD;
            if (ky0 > ky1 || kx0 > kx1) delivering <= 1'b0;
        end
        ADD: begin
            v[at_n] <= v[at_n] + signed_weight;
            state <= FIRE;
        end
        FIRE: if (up || down) begin
            v[at_n] <= up ? v[at_n] - theta : v[at_n] + theta;
            n[at_n] <= up ? n[at_n] + 1 : n[at_n] - 1;
            push(down, nl[15:0], ny[15:0], nx[15:0], no[15:0]);
        end else if (delivering) begin
            o <= o == oc - 1 ? 0 : o + 1;
            if (o == oc - 1) begin
                kx <= kx == kx1 ? kx0 : kx + 1;
                if (kx == kx1) ky <= ky + 1;
            end
            state <= ADD;
            if (o == oc - 1 && kx == kx1 && ky == ky1) begin
                delivering <= 1'b0;
                state <= POP;
            end
        end else if (!empty) state <= POP;
        else begin
            sweep_on;
            if (last_neuron && sl == TOP) begin
                sweeping <= 1'b0;
                state <= INPUT;
            end
        end
        MAX: begin
            if (v[at_o] > largest) largest <= v[at_o];
            so <= so == CLASSES - 1 ? 0 : so + 1;
            if (so == CLASSES - 1) state <= POWER;
        end
        POWER: begin
            power[so] <= e;
            sum <= sum + e;
            so <= so == CLASSES - 1 ? 0 : so + 1;
            if (so == CLASSES - 1) state <= LOSS;
        end
        LOSS: begin
            rest <= power[so];
            p <= 0;
            bits <= 0;
            if (!SOFTMAX) u[at_o] <= residual * ALPHA;
            state <= SOFTMAX ? DIVIDE : FIRE_OUT;
        end
        DIVIDE: begin
            rest <= left;
            p <= share;
            bits <= bits + 1;
            if (bits == 16) begin
                u[at_o] <= missing * ALPHA;
                state <= FIRE_OUT;
            end
        end
        FIRE_OUT: if (up_o || down_o) begin
            u[at_o] <= up_o ? u[at_o] - 65536 : u[at_o] + 65536;
            d[at_o] <= up_o ? d[at_o] + 1 : d[at_o] - 1;
            push(down_o, TOP, 16'd0, 16'd0, so[15:0]);
        end else state <= POP_ERROR;
        POP_ERROR: if (empty) begin
            so <= so + 1;
            state <= so == CLASSES - 1 ? STEP : LOSS;
            l <= 0;
            i <= 0;
        end else begin // the oldest error spike, to every input of its output
            head <= head + 1'b1;
            negative <= first[64];
            l <= from;
            ey <= from_y;
            ex <= from_x;
            o <= from_o;
            ky <= above(PAD_H[32*from +: 32], from_y);
            kx <= above(PAD_W[32*from +: 32], from_x);
            {c, wy, wx} <= 0;
            gb[BIASES[32*from +: 32] + from_o] <=
                first[64] ? gb[BIASES[32*from +: 32] + from_o] - 1
                          : gb[BIASES[32*from +: 32] + from_o] + 1;
            state <= BACK;
        end
        BACK: begin // meets the trace; its charge goes to the neurons below
            if (wy == 0 && wx == 0)
                gw[at_w] <= negative
                    ? gw[at_w] - $signed({24'd0, trace[at_trace]})
                    : gw[at_w] + $signed({24'd0, trace[at_trace]});
            if (l > 0) u[at_b] <= u[at_b] + signed_weight;
            state <= FIRE_ERROR;
        end
        FIRE_ERROR: if (l > 0 && (up_b || down_b)) begin
            u[at_b] <= up_b ? u[at_b] - phi : u[at_b] + phi;
            d[at_b] <= up_b ? d[at_b] + 1 : d[at_b] - 1;
            push(down_b, bl[15:0], by[15:0], bx[15:0], c[15:0]);
        end else begin
            state <= BACK;
            if (l > 0 && wx + 1 < 1 << window) wx <= wx + 1;
            else begin
                wx <= 0;
                if (l > 0 && wy + 1 < 1 << window) wy <= wy + 1;
                else begin
                    wy <= 0;
                    c <= c == ic - 1 ? 0 : c + 1;
                    if (c == ic - 1) begin
                        kx <= kx == kx1 ? kx0 : kx + 1;
                        if (kx == kx1) ky <= ky + 1;
                        if (kx == kx1 && ky == ky1) state <= POP_ERROR;
                    end
                end
            end
        end
        STEP: begin
            if (gw[i] != 0) w[i] <= kept[15:0];
            i <= i + 1;
            if (i + 1 == WEIGHTS[32*(l+1) +: 32]) begin
                l <= l == TOP ? 0 : l + 1;
                if (l == TOP) begin
                    i <= 0;
                    state <= STEP_BIAS;
                end
            end
        end
        STEP_BIAS: begin
            b[i] <= bias_kept[31:0];
            i <= i + 1;
            if (i + 1 == BIASES[32*(l+1) +: 32]) l <= l + 1;
            if (i + 1 == NB) state <= END;
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

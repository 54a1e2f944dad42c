/* The models inside the program: the .model files of this folder, as CMake wrote them into C. */
#ifndef SB_DAEMONS_CWMP_SIM_MODELS_H
#define SB_DAEMONS_CWMP_SIM_MODELS_H

struct cwmp_sim_model {
	const char *name;
	const char *text;
};

/* Ended by one without a name. */
extern const struct cwmp_sim_model cwmp_sim_models[];

#endif
